package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// CSV writes one line for each value of all records, unscaled and in full precision, under a header line.
func CSV(w io.Writer, records ...*Record) error {
	c := csv.NewWriter(w)
	lines := [][]string{{
		"model", "quant", "task", "version", "n_shot", "split", "metric", "filter", "higher_is_better",
		"value", "stderr", "ci95_low", "ci95_high", "n", "members",
	}}
	for _, r := range records {
		for _, v := range rows(r) {
			if !v.has {
				continue
			}
			line := []string{
				r.ModelName, r.Model.Quant, v.task, "", "", v.split, v.metric, filterNone, strconv.FormatBool(v.up),
				full(v.value.Value), "", "", "", strconv.Itoa(v.value.N), "",
			}
			if v.group {
				line[14] = strconv.Itoa(v.members)
			} else {
				line[3], line[4] = strconv.Itoa(v.version), strconv.Itoa(v.shots)
			}
			if s := v.value.Stderr; s != nil {
				line[10] = full(*s)
			}
			if ci := v.value.CI95; ci != nil {
				line[11], line[12] = full(ci[0]), full(ci[1])
			}
			lines = append(lines, line)
		}
	}
	if err := c.WriteAll(lines); err != nil {
		return fmt.Errorf("reports: CSV: %w", err)
	}
	return nil
}

func full(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
