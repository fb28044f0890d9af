//go:build linux && amd64

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getenv(launcherVariable) != "" {
		fmt.Fprintln(os.Stderr, "torture:", launch())
		os.Exit(127)
	}
	flag.Set("test.parallel", fmt.Sprint(len(scenarios))) // they wait most of the time
	os.Exit(m.Run())
}

// TestTorture tries a part of the faults, and those that have found a bug before.
func TestTorture(t *testing.T) {
	program := filepath.Join(t.TempDir(), "restail")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := runWith(t.TempDir(), nil, nil, true, program, "version"); err != nil {
		t.Skip(err) // no seccomp, or an old kernel
	}
	every := map[string]int{"live": 4, "live.gz": 4, "replay.gz": 3, "refresh": 3, "backfill": 40}
	known := map[string][]fault{
		"live":     {{call{"fsync", "chat.raw"}, 2, false}, {call{"fstat", "chat.raw"}, 5, false}},
		"live.gz":  {{call{"write", "chat.raw.gz"}, 1, false}, {call{"write", "chat.raw.gz"}, 1, true}},
		"refresh":  {{call{"write", "stdout"}, 1, true}},
		"backfill": {{call{"read", "socket"}, 4, false}},
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range known[s.name] {
				trial := &trial{program: program, fault: &f}
				if err := trial.run(s); err != nil || trial.problem != "" {
					t.Errorf("%s: %v %s", f, err, trial.problem)
				}
			}
			report, err := sweep(s, program, every[s.name], 2)
			if err != nil {
				t.Fatal(err)
			}
			if report.faults < 5 || report.missed > report.faults/2 {
				t.Errorf("%d faults, %d of which did not happen", report.faults, report.missed)
			}
			for _, problem := range report.problems {
				t.Error(problem)
			}
		})
	}
}

// TestFaults checks that the chosen write fails or is short, and no other.
func TestFaults(t *testing.T) {
	folder := t.TempDir()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	write := call{"write", "stdout"}
	for _, test := range []struct {
		fault  *fault
		stdout string
		failed int
	}{
		{nil, "12345678\n", 0},
		{&fault{write, 1, false}, "", 1},
		{&fault{write, 2, false}, "12345678\n", 0},
		{&fault{write, 1, true}, "1234", 2},
	} {
		r, err := runWith(folder, nil, test.fault, true, sh, "-c", "echo 12345678")
		if err != nil {
			t.Skip(err)
		}
		if r.stdout != test.stdout || r.failed != test.failed || r.counts[write] == 0 {
			t.Errorf("%v: %+v", test.fault, r)
		}
	}
}
