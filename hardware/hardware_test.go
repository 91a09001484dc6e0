package hardware

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTake(t *testing.T) {
	s := Take(t.Context())
	if s.CPU.LogicalCores < 1 || s.CPU.Arch != runtime.GOARCH || s.OS.Name != runtime.GOOS || s.Go.Version == "" || s.Go.GOMAXPROCS < 1 {
		t.Errorf("basic facts are missing: %+v", s)
	}
	if !slices.IsSorted(s.CPU.Features) {
		t.Errorf("features are not sorted: %q", s.CPU.Features)
	}
	if runtime.GOOS == "linux" && (s.Memory.TotalBytes == 0 || s.Memory.AvailableBytes == 0 || s.Memory.AvailableBytes > s.Memory.TotalBytes || s.OS.Kernel == "") {
		t.Errorf("facts that Linux always has are missing: %+v", s)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Snapshot
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.String() != s.String() {
		t.Errorf("JSON does not round-trip: %s, %s", back, s)
	}
}

func TestString(t *testing.T) {
	for _, tc := range []struct {
		name string
		s    Snapshot
		want string
	}{
		{"all known", Snapshot{
			CPU:    CPU{Brand: "Some CPU", LogicalCores: 2, Features: []string{"AVX2", "AVX512F", "AVX512VNNI"}},
			Memory: Memory{TotalBytes: 24 << 30},
			OS:     OS{Name: "linux", Kernel: "6.1"},
		}, "Some CPU · 2 cores · AVX512VNNI · 24.0 GiB · linux 6.1"},
		{"nothing known", Snapshot{CPU: CPU{Arch: "arm64", LogicalCores: 1}, OS: OS{Name: "plan9"}}, "arm64 · 1 core · plan9"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.s.String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestGroupLimit(t *testing.T) {
	const v2, v1 = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  uint64
	}{
		{"version 2", map[string]string{v2: "1073741824\n"}, 1 << 30},
		{"version 2 without a limit", map[string]string{v2: "max\n"}, 0},
		{"version 1", map[string]string{v1: "4096\n"}, 4096},
		{"version 1 without a limit", map[string]string{v1: "9223372036854771712\n"}, 0},
		{"no control groups", nil, 0},
		{"nonsense", map[string]string{v2: "-1"}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := groupLimit(func(p string) ([]byte, error) {
				if s, ok := tc.files[p]; ok {
					return []byte(s), nil
				}
				return nil, errors.New("absent")
			})
			if got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

func TestReleaseName(t *testing.T) {
	for _, tc := range []struct{ name, file, want string }{
		{"quoted", "NAME=\"Some\"\nPRETTY_NAME=\"Some Linux 13 (x)\"\n", "Some Linux 13 (x)"},
		{"bare", "PRETTY_NAME=Some", "Some"},
		{"without", "NAME=Some\n", ""},
		{"empty", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := releaseName(func(p string) ([]byte, error) {
				if p != "/etc/os-release" {
					return nil, errors.New("absent")
				}
				return []byte(tc.file), nil
			})
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestSamplerKeepsThePeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		values := []uint64{5, 9, 3, 2, 1}
		var i atomic.Int64
		s := startSampler(time.Second, func() uint64 { return values[min(int(i.Add(1))-1, len(values)-1)] })
		time.Sleep(3500 * time.Millisecond)
		if got := s.Stop(); got != 9 {
			t.Errorf("peak %d, want 9", got)
		}
		if n := i.Load(); n != 5 { // at the start, after 1, 2 and 3 s, and at Stop
			t.Errorf("%d looks, want 5", n)
		}
		if got := s.Stop(); got != 9 {
			t.Errorf("second Stop gives %d, want 9", got)
		}
	})
}

func TestResidentBytes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("resident memory is compared with /proc, which this system lacks")
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	if !strings.Contains(string(status), "VmRSS:") {
		t.Skip("no VmRSS in /proc/self/status")
	}
	before := residentBytes()
	block := make([]byte, 64<<20)
	for i := range block {
		block[i] = byte(i)
	}
	after := residentBytes()
	runtime.KeepAlive(block)
	if before == 0 || after < before+(32<<20) {
		t.Errorf("resident memory went from %d to %d after touching 64 MiB", before, after)
	}
}

func TestWaited(t *testing.T) {
	first, ok := Waited()
	if !ok {
		t.Skip("this system does not tell how long threads wait for a processor")
	}
	var wg sync.WaitGroup
	for range 4 * runtime.NumCPU() { // more than can run at once
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
			}
			if second, ok := Waited(); !ok || second < first {
				t.Errorf("%v after %v, %v", second, first, ok)
			}
		})
	}
	wg.Wait()
}
