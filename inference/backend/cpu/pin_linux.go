package cpu

import "golang.org/x/sys/unix"

// pin binds the calling thread of the system to processor number t of those it may use, if the process may use exactly
// threads of them. A refusal does no harm.
func pin(t, threads int) {
	var may, one unix.CPUSet
	if unix.SchedGetaffinity(0, &may) != nil || may.Count() != threads {
		return
	}
	for c := 0; ; c++ {
		if !may.IsSet(c) {
			continue
		}
		if t == 0 {
			one.Set(c)
			_ = unix.SchedSetaffinity(0, &one)
			return
		}
		t--
	}
}
