package reports

import "embed"

// What the interactive charts of pages need: echarts.min.js (Apache ECharts, Apache License 2.0) with its LICENSE and NOTICE. It is a
// locked npm dependency, put into place for release builds by go generate, and never part of this repository. Without it
// pages have the same charts as static pictures.
//
//go:generate sh web/assets.sh
//go:embed all:assets
var assets embed.FS

// scriptOfCharts is ECharts; "" when it is not built in.
func scriptOfCharts() string {
	b, err := assets.ReadFile("assets/echarts.min.js")
	if err != nil {
		return ""
	}
	return string(b)
}
