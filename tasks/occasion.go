package tasks

import "fmt"

// occasion is a date and a time of day to begin a sentence with. It says nothing about what follows, and there are enough of them
// that sentences of two seeds differ.
func occasion(r *random) string {
	return fmt.Sprintf("%d月%d日%s", r.between(1, 12), r.between(1, 28), one(r, []string{"清晨", "上午", "中午", "下午", "傍晚", "晚上"}))
}

// clock is a time of day such as 下午3点40分.
func clock(r *random) string {
	return fmt.Sprintf("%s%d点%d分", one(r, []string{"上午", "下午"}), r.between(1, 11), r.between(1, 11)*5)
}
