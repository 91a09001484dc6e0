package contract

// A Field is something that a contract may settle, with a value: a clause type.
type Field struct {
	ID    string // "price", "late_payment"
	Title string // what it is called in questions and in amendments; that of a contract type wins, see [Type.Title]
	Kind  Kind
	fixed bool // every contract has it, and none amends it
}

// Fields lists the clause types.
var Fields = []Field{
	{ID: "payer", Title: "付款方名称", Kind: Text, fixed: true},
	{ID: "payee", Title: "收款方名称", Kind: Text, fixed: true},
	{ID: "sign_date", Title: "合同签订日期", Kind: Date},
	{ID: "price", Title: "合同总价", Kind: Amount},
	{ID: "principal", Title: "借款本金", Kind: Amount},
	{ID: "rent", Title: "月租金", Kind: Amount},
	{ID: "wage", Title: "月工资", Kind: Amount},
	{ID: "deposit", Title: "定金", Kind: Amount},
	{ID: "penalty", Title: "违约金数额", Kind: Amount},
	{ID: "compensation", Title: "每月竞业限制补偿金", Kind: Amount},
	{ID: "start_date", Title: "起始日期", Kind: Date},
	{ID: "end_date", Title: "截止日期", Kind: Date},
	{ID: "delivery_date", Title: "交货期限（最迟日期）", Kind: Date},
	{ID: "payment_term", Title: "收到发票后的付款期限", Kind: Duration},
	{ID: "inspection", Title: "验收期限", Kind: Duration},
	{ID: "warranty", Title: "质量保证期", Kind: Duration},
	{ID: "notice", Title: "提前解除合同的通知期", Kind: Duration},
	{ID: "force_majeure", Title: "不可抗力的通知期限", Kind: Duration},
	{ID: "confidentiality", Title: "保密期限", Kind: Duration},
	{ID: "response", Title: "故障响应时间", Kind: Duration},
	{ID: "rent_free", Title: "免租期", Kind: Duration},
	{ID: "renewal_notice", Title: "续租申请的提前期", Kind: Duration},
	{ID: "prepay_notice", Title: "提前还款的通知期", Kind: Duration},
	{ID: "probation", Title: "试用期", Kind: Duration},
	{ID: "noncompete", Title: "竞业限制期限", Kind: Duration},
	{ID: "return", Title: "返还保密资料的期限", Kind: Duration},
	{ID: "disclosure_notice", Title: "依法披露前的通知期", Kind: Duration},
	{ID: "nonsolicit", Title: "不招揽员工的期限", Kind: Duration},
	{ID: "late_payment", Title: "逾期付款违约金比例（每日）", Kind: Percent},
	{ID: "late_delivery", Title: "逾期交货违约金比例（每日）", Kind: Percent},
	{ID: "cap", Title: "违约金累计上限比例", Kind: Percent},
	{ID: "tax_rate", Title: "增值税税率", Kind: Percent},
	{ID: "rate", Title: "借款年利率", Kind: Percent},
	{ID: "prepay_fee", Title: "提前还款违约金比例", Kind: Percent},
	{ID: "place", Title: "交货地点", Kind: Text},
	{ID: "purpose", Title: "借款用途", Kind: Text},
	{ID: "ip", Title: "知识产权归属方", Kind: Text},
	{ID: "dispute", Title: "争议解决机构", Kind: Text},
	{ID: "copies", Title: "合同份数", Kind: Count},
}

// FieldByID finds a clause type.
func FieldByID(id string) (f Field, ok bool) {
	for _, f := range Fields {
		if f.ID == id {
			return f, true
		}
	}
	return Field{}, false
}

// A Type is a sort of contract.
type Type struct {
	ID     string
	Titles []string // of the document; {g} is a piece of goods or a subject
	// Payer and payee by their role, in pairs.
	Payer, Payee []string
	payerFirst   int // percent of contracts in which the payer is 甲方
	person       string
	articles     []article
	titles       map[string]string // of fields, where they differ
	foreign      []string          // fields that such a contract never has and a reader may still ask for
	subjects     []string
}

// An article is what stands under one heading.
type article struct {
	titles []string
	groups []string // paragraphs: fields, or a group of fields such as "term"
	filler []string // paragraphs without a value that is asked for
	first  bool     // stands before those that change places
	last   bool
}

// Title is what a field is called in contracts of the type.
func (t Type) Title(field string) string {
	if s, ok := t.titles[field]; ok {
		return s
	}
	f, _ := FieldByID(field)
	return f.Title
}

// groups are paragraphs that settle several fields at once.
var groups = map[string][]string{"term": {"start_date", "end_date"}}

func fieldsOf(group string) []string {
	if g, ok := groups[group]; ok {
		return g
	}
	return []string{group}
}

// needs says which field must be there for another one to make sense.
var needs = map[string]string{"compensation": "noncompete"}
