package tasks

import "slices"

// All lists the tasks, in the order of reports.
func All() []Task {
	return []Task{
		AFQMC, TNEWS, IFLYTEK, CMNLI, OCNLI, CLUEWSC, CSL, EPRSTMT, BUSTM, CSLDCP, ChID, C3, CMRC2018, DRCD, CLUENER,
		Segmentation, SegmentationControl, Idiom,
		ChIDText, CSLText,
		PolysemySense, PolysemyPair, PolysemyNoContext, MCLWiC, SUDA, MorDis,
		Novel1K, Novel4K, Novel16K, Novel32K, Novel64K, Novel100K, NovelForgetShort, NovelForget, NovelClosed, NovelReal, NovelMemory,
		ContractExtract, ContractChoice, LawBench12, LawBench26, FinEvaClause, FinEvaAttribute,
		FinanceNumber, FinanceChoice, FinanceTerm, FinanceExplain,
		OpenFinDataCompute, OpenFinDataExtract, OpenFinDataTerm, OpenFinDataIntent, OpenFinDataEntity, OpenFinDataNotice,
		FinEvaCompute, FinEvaTerm, FinEvaAccounting, FinanceIQ, DISC,
		TranslateEnZh, TranslateZhEn, LexEvalEnZh, LexEvalZhEn,
		SummaryNews, LawBench27,
	}
}

// ByName finds a task of the list, or one that is made on request: novels of any length, from novel_1k to novel_1000k.
func ByName(name string) (t Task, ok bool) {
	all := All()
	i := slices.IndexFunc(all, func(t Task) bool { return t.Name == name })
	if i < 0 {
		return novelOnRequest(name)
	}
	return all[i], true
}

// A Suite is a list of tasks that are run together.
type Suite struct {
	Name   string
	Title  string   // one line for lists
	Tasks  []string // names, in order
	Limit  int      // items of each task when the user sets no limit; 0 = all
	Groups []Group
}

// A Group is a mean over tasks. It is printed with the number of its members that were run.
type Group struct {
	Name    string
	Title   string
	Members []string // names of tasks
	Metric  string   // metric of the members that is averaged; "" = the headline of each
	Of      int      // number of tasks that the published mean is over; 0 = the number of members
}

// Suites lists the suites.
func Suites() []Suite {
	var all, quick []string
	for _, t := range All() {
		all = append(all, t.Name)
		if t.Kind != Long || t.Name == Novel1K.Name { // longer texts are not read in seconds
			quick = append(quick, t.Name)
		}
	}
	return []Suite{
		{Name: "clue", Title: "CLUE and FewCLUE: classification, inference, reading, entities", Tasks: family("clue"), Groups: clueGroups()},
		{Name: "fewclue", Title: "ChID and CSL by the likelihood of whole texts, to compare with OpenCompass", Tasks: family("fewclue")},
		{Name: "polysemy", Title: "words with several senses: sense choice, pairs, controls, real sets", Tasks: family("polysemy"), Groups: polysemyGroups()},
		{Name: "contract", Title: "clauses of contracts: extraction, choice, law and insurance", Tasks: family("contract"), Groups: contractGroups()},
		{Name: "novel", Title: "recall from novels of 1,000 to 100,000 characters, forgetting, controls", Tasks: family("novel"), Groups: novelGroups()},
		{Name: "finance", Title: "statements, arithmetic and terms of finance", Tasks: family("finance"), Groups: financeGroups()},
		{Name: "translation", Title: "English to Chinese and back: BLEU, chrF, facts", Tasks: family("translation"), Groups: translationGroups()},
		{Name: "summary", Title: "one-sentence summaries: ROUGE, facts, repetition", Tasks: family("summary")},
		{
			Name: "chinese", Title: "everything there is", Tasks: all,
			Groups: slices.Concat(clueGroups(), polysemyGroups(), novelGroups(), contractGroups(), financeGroups(), translationGroups()),
		},
		{Name: "smoke", Title: "three items of each task, to see that everything works", Tasks: quick, Limit: 3},
	}
}

func family(name string) []string {
	var out []string
	for _, t := range All() {
		if t.Family == name {
			out = append(out, t.Name)
		}
	}
	return out
}

// published lists the tasks of a family that have a published set.
func published(family string) []string {
	var out []string
	for _, t := range All() {
		if t.Family == family && len(t.Files) > 0 {
			out = append(out, t.Name)
		}
	}
	return out
}

// clueGroups are the two means that CLUE publishes, and that of the family.
func clueGroups() []Group {
	return []Group{
		{Name: "clue_classification", Title: "CLUE classification", Members: []string{"afqmc", "tnews", "iflytek", "ocnli", "cluewsc", "csl"}, Metric: "acc"},
		{Name: "clue_reading", Title: "CLUE reading (CMRC by exact match)", Members: []string{"cmrc2018", "chid", "c3"}},
		{Name: "clue", Title: "published sets of CLUE and FewCLUE, headline metric of each", Members: published("clue")},
	}
}

// novelGroups are the mean over the lengths that were measured.
func novelGroups() []Group {
	var ladder []string
	for _, n := range novelLengths {
		ladder = append(ladder, "novel_"+thousands(n))
	}
	return []Group{{Name: "novel_ladder", Title: "novels, mean over the lengths that were measured", Members: ladder, Metric: "acc"}}
}

// contractGroups is the mean of the two built-in sets; the real ones stand for themselves.
func contractGroups() []Group {
	return []Group{{Name: "contract", Title: "contracts, built-in sets", Members: []string{"contract_extract", "contract_choice"}, Metric: "acc"}}
}

// financeGroups are the means of the built-in sets for figures and for terms, so that they can be held against each other.
func financeGroups() []Group {
	return []Group{
		{Name: "finance_figures", Title: "finance: figures, built-in sets", Members: []string{"finance_number", "finance_choice"}, Metric: "acc"},
		{Name: "finance_terms", Title: "finance: terms, built-in set", Members: []string{"finance_term"}, Metric: "acc"},
	}
}

// polysemyGroups is the mean of the two built-in sets; controls and real sets stand for themselves.
func polysemyGroups() []Group {
	return []Group{{Name: "polysemy", Title: "polysemy, built-in sets", Members: []string{"polysemy_sense", "polysemy_pair"}, Metric: "acc_letter"}}
}

// translationGroups is the mean of the two directions.
func translationGroups() []Group {
	return []Group{{Name: "translation", Title: "translation, built-in sets (chrF2)", Members: []string{"translate_en_zh", "translate_zh_en"}, Metric: "chrf"}}
}
