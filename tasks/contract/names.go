package contract

import (
	"strconv"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// Parts of names and addresses. Combinations are invented.
var (
	cityNames   = []string{"杭州", "成都", "武汉", "青岛", "西安", "长沙", "厦门", "昆明", "沈阳", "合肥", "南宁", "苏州", "大连", "贵阳", "福州", "郑州"}
	brandNames  = []string{"远帆", "青禾", "云岭", "星河", "恒岳", "蓝湾", "锦程", "北辰", "清源", "瑞峰", "海川", "明德", "中澜", "鼎泽", "汇川源", "嘉木", "安澜", "启衡"}
	trades      = []string{"科技", "贸易", "机械设备", "信息技术", "实业", "建材", "电子", "物流", "装备制造", "环保工程", "供应链管理", "工贸", "新能源", "科技发展"}
	companyEnds = []string{"有限公司", "有限责任公司", "股份有限公司"}
	surnames    = []string{"赵", "钱", "孙", "周", "吴", "郑", "冯", "陈", "蒋", "沈", "韩", "杨", "许", "何", "吕", "施", "孔", "曹", "严", "华"}
	givenNames  = []string{"明远", "雅琴", "志强", "文博", "晓岚", "建平", "思源", "玉兰", "海涛", "静怡", "立新", "春燕", "子涵", "国栋", "若彤", "永康", "嘉宁", "书恒"}
	roads       = []string{"滨江大道", "临江路", "青石路", "学府路", "科创路", "南屏路", "望湖路", "工业大道", "振兴路", "人民东路", "银杏街", "软件园路"}
	districts   = []string{"城北区", "东湖区", "高新区", "滨江新区", "南山新区", "河西区", "开发区"}
	buildings   = []string{"2号仓库", "科技大厦8层", "一期厂房", "3号楼", "综合楼402室", "物流园B区", "创业中心6层", "东门装卸区"}
	jobs        = []string{"软件工程师", "产品经理", "财务主管", "机械设计师", "销售经理", "人力资源专员", "质量工程师", "市场策划"}
	purposes    = []string{"采购原材料", "支付工程款", "补充流动资金", "购置生产设备", "偿还到期货款", "扩建仓储设施", "支付员工工资", "技术改造"}
	oldNames    = []string{"框架合作协议", "合作意向书", "前期合作合同", "临时合作协议"}
	oldJobNames = []string{"实习协议", "劳务协议", "见习协议"}
	services    = []string{"需求调研", "方案设计", "现场实施", "人员培训", "测试与优化", "成果编制", "数据整理"}
	goodsUnits  = map[string]string{
		"不锈钢板材": "吨", "包装纸箱": "千只", "电力电缆": "千米", "铝合金型材": "吨", "服务器": "台", "办公电脑": "台", "实验仪器": "套", "净水设备": "套",
	}
)

func company(d draw.Draw) string {
	return draw.One(d, cityNames) + draw.One(d, brandNames) + draw.One(d, trades) + draw.One(d, companyEnds)
}

func personName(d draw.Draw) string { return draw.One(d, surnames) + draw.One(d, givenNames) }

func address(d draw.Draw) string {
	return draw.One(d, cityNames) + "市" + draw.One(d, districts) + draw.One(d, roads) + strconv.Itoa(d.Between(1, 399)) + "号"
}

// tribunal names who decides disputes.
func tribunal(d draw.Draw, t Type, court bool) string {
	city := draw.One(d, cityNames)
	switch {
	case t.ID == "labor":
		return city + "市" + draw.One(d, districts) + "劳动人事争议仲裁委员会"
	case court:
		return city + "市" + draw.One(d, districts) + "人民法院"
	}
	return city + "仲裁委员会"
}
