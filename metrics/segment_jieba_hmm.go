package metrics

// The states of a character: begin, end or middle of a word, or a word of its own. The order is that of the letters B, E, M, S:
// of equal paths jieba takes the one whose state has the greater letter.
const (
	hmmB = iota
	hmmE
	hmmM
	hmmS
	hmmStates
)

const hmmLetters = "BEMS"

// hmmNever is the log probability of what the tables do not list. It swallows any ordinary one that is added to it, which
// makes ties.
const hmmNever = -3.14e100

// hmmBefore lists the two states that may precede each one, the preferred one second.
var hmmBefore = [hmmStates][2]int{
	hmmB: {hmmE, hmmS},
	hmmE: {hmmB, hmmM},
	hmmM: {hmmB, hmmM},
	hmmS: {hmmE, hmmS},
}

// jiebaHMM holds log probabilities of jieba's hidden Markov model.
type jiebaHMM struct {
	start [hmmStates]float64
	trans [hmmStates][hmmStates]float64              // [from][to]
	emit  [hanLast - hanFirst + 1][hmmStates]float64 // by character, from hanFirst on
}

// newHMM returns a model that allows nothing.
func newHMM() *jiebaHMM {
	h := new(jiebaHMM)
	for s := range hmmStates {
		h.start[s] = hmmNever
		for t := range hmmStates {
			h.trans[s][t] = hmmNever
		}
	}
	for i := range h.emit {
		h.emit[i] = [hmmStates]float64{hmmNever, hmmNever, hmmNever, hmmNever}
	}
	return h
}

// emissions of the character that s begins with; it must be one from hanFirst to hanLast.
func (h *jiebaHMM) emissions(s string) *[hmmStates]float64 {
	r := int(s[0]&0x0f)<<12 | int(s[1]&0x3f)<<6 | int(s[2]&0x3f)
	return &h.emit[r-hanFirst]
}

// states returns the most probable state of each character of s (Viterbi), all from hanFirst to hanLast, in buf or a larger slice.
func (h *jiebaHMM) states(s string, buf []uint8) []uint8 {
	n := len(s) / 3
	if cap(buf) < n {
		buf = make([]uint8, 2*n)
	}
	buf = buf[:n] // first bit k of buf[t]: of the two states that may precede state k at t, the second is the better one
	var p [hmmStates]float64
	e := h.emissions(s)
	for k := range hmmStates {
		p[k] = h.start[k] + e[k]
	}
	for t := 1; t < n; t++ {
		e = h.emissions(s[3*t:])
		var next [hmmStates]float64
		var bits uint8
		for k := range hmmStates {
			a, b := hmmBefore[k][0], hmmBefore[k][1]
			// In this order: sums of floats depend on it.
			pa, pb := p[a]+h.trans[a][k]+e[k], p[b]+h.trans[b][k]+e[k]
			next[k] = pa
			if pb >= pa {
				next[k] = pb
				bits |= 1 << k
			}
		}
		p, buf[t] = next, bits
	}
	k := hmmE
	if p[hmmS] >= p[hmmE] {
		k = hmmS
	}
	for t := n - 1; t >= 0; t-- {
		bits := buf[t]
		buf[t] = uint8(k)
		k = hmmBefore[k][bits>>k&1]
	}
	return buf
}

// emitHMM appends the words of s, which is made of characters from hanFirst to hanLast, as the model cuts it.
func (c *jiebaCut) emitHMM(s string) {
	c.back = c.hmm.states(s, c.back)
	begin := 0
	for t, state := range c.back {
		switch state {
		case hmmB:
			begin = 3 * t
		case hmmE:
			c.emitFound(s[begin : 3*t+3])
		case hmmS:
			c.emitFound(s[3*t : 3*t+3])
		}
	}
}

func (c *jiebaCut) emitFound(s string) {
	if c.split[s] {
		c.emitChars(s)
		return
	}
	c.out = append(c.out, s)
}
