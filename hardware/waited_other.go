//go:build !linux

package hardware

import "time"

// Waited is how long the threads of this process have been ready to run without having a processor; unknown on this system.
func Waited() (time.Duration, bool) { return 0, false }
