package sample

// Options choose how the next token is drawn. The zero value is greedy decoding.
type Options struct {
	Temperature float64 // 0 = greedy
	TopK        int     // 0 = all
	TopP        float64 // 0 or 1 = all
	Seed        uint64
}
