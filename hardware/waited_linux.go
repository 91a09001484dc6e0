package hardware

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Waited is how long the threads of this process have been ready to run without having a processor, all together: the run delay that
// Linux keeps for each thread (Documentation/scheduler/sched-stats.rst). It is false where the kernel does not tell.
func Waited() (time.Duration, bool) {
	threads, err := filepath.Glob("/proc/self/task/*/schedstat")
	if err != nil || len(threads) == 0 {
		return 0, false
	}
	var total int64
	for _, name := range threads {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		fields := bytes.Fields(b) // time on a processor, time waiting for one, both in ns, and time slices
		if len(fields) < 2 {
			return 0, false
		}
		n, err := strconv.ParseInt(string(fields[1]), 10, 64)
		if err != nil || n < 0 {
			return 0, false
		}
		total += n
	}
	return time.Duration(total), true
}
