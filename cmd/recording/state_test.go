package recording

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func openState(t *testing.T, path string) *State {
	t.Helper()
	s, err := OpenState(path, func(err error) { t.Errorf("a warning: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		first := time.Now()
		s := openState(t, path)
		if _, ok := s.Complete(); ok {
			t.Error("a new state knows of a run")
		}
		s.Close()
		if _, err := os.Stat(path); err == nil {
			t.Error("a run that received nothing has written a state")
		}
		s = openState(t, path)
		s.Save(time.Time{}, nil)
		s.Save(first, nil)
		saved := func() time.Time {
			c, err := readState(path)
			if err != nil {
				t.Fatal(err)
			}
			return c.Complete
		}
		writes := map[time.Time]bool{}
		for range 30 { // at most once a second, and what is missed then is caught up
			time.Sleep(100 * time.Millisecond)
			s.Save(time.Now(), nil)
			if behind := time.Since(saved()); behind >= time.Second {
				t.Errorf("the state is %v behind", behind)
			}
			writes[saved()] = true
		}
		if len(writes) != 4 {
			t.Errorf("%d writes in 3 seconds", len(writes))
		}
		last := time.Now().Add(123 * time.Nanosecond)
		s.Save(last, nil)
		s.Close()
		if !saved().Equal(last) {
			t.Errorf("saved %v, want %v", saved(), last)
		}
		s = openState(t, path)
		if before, ok := s.Complete(); !ok || !before.Equal(last) {
			t.Errorf("the run before was complete until %v, %v", before, ok)
		}
		s.Save(last.Add(time.Hour), nil)
		if before, _ := s.Complete(); !before.Equal(last) {
			t.Error("Complete returns the time of this run")
		}
		s.Close()
	})
}

// TestStateOfEdge has an edge that grows while the chat is not known to be complete.
func TestStateOfEdge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		s := openState(t, path)
		complete, edge := time.Now(), "0"
		for _, edge = range []string{"1", "2", "2", "3"} {
			s.Save(complete, func() []byte { return []byte(edge) })
			if edge == "2" {
				time.Sleep(saveEvery)
			}
		}
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		edge = "4" // after the last Save
		s.Close()
		s = openState(t, path)
		if got := string(s.Edge()); got != "4" {
			t.Errorf("the edge is %s, not 4", got)
		}
		if after, err := os.Stat(path); err != nil || os.SameFile(before, after) {
			t.Errorf("Close has not written the file: %v", err)
		}
		// Nothing changes.
		s.Save(complete, func() []byte { return []byte("4") })
		before, _ = os.Stat(path)
		time.Sleep(saveEvery)
		s.Save(complete, func() []byte { return []byte("4") })
		s.Close()
		if after, _ := os.Stat(path); !os.SameFile(before, after) {
			t.Error("the file was written again, though nothing had changed")
		}
	})
}

func TestStateFiles(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct{ text, want string }{
		"empty":   {"", ""},
		"blank":   {"\n", ""},
		"whole":   {`{"restail":"state","version":1,"complete":"2026-11-28T19:30:00Z","later":[1]}`, ""},
		"foreign": {`{"version":1}`, "is not a state that restail wrote: choose another file, or remove it"},
		"text":    {"hello\n", "is not a state that restail wrote: choose another file, or remove it"},
		"line":    {restored, "is not a state that restail wrote: choose another file, or remove it"},
		"record":  {event, "is not a state that restail wrote: choose another file, or remove it"},
		"newer":   {`{"restail":"state","version":2}`, "of another version of restail (2, not 1): choose another file, or remove it"},
		"large":   {`{"restail":"state","version":1,"later":"` + strings.Repeat("x", stateLimit) + `"}`, "is not a state that restail wrote: choose another file, or remove it"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(test.text), 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := OpenState(path, nil)
		if err == nil {
			s.Close()
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if text, _ := os.ReadFile(path); string(text) != test.text {
			t.Errorf("%s has changed", name)
		}
		if _, locked := os.Stat(path + ".lock"); test.want != "" && locked == nil {
			t.Errorf("%s has a lock beside it", name)
		}
	}
	for _, path := range []string{dir, os.DevNull} {
		if _, err := OpenState(path, nil); err == nil || !strings.HasSuffix(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := OpenState(filepath.Join(dir, "missing", "state"), nil); err == nil || !strings.HasSuffix(err.Error(), "make its folder first") {
		t.Errorf("a missing folder: %v", err)
	}
}

func TestStateInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := openState(t, path)
	s.Save(time.Now(), nil)
	if _, err := OpenState(path, nil); err == nil || err.Error() != "another process uses the state "+path+": give each one its own" {
		t.Errorf("a second process: %v", err)
	}
	s.Close()
	openState(t, path).Close()
}

func TestStateOfAKilledRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path+".new", []byte("{"), 0o400); err != nil {
		t.Fatal(err)
	}
	s := openState(t, path)
	s.Save(time.Now(), nil)
	s.Close()
	if _, err := readState(path); err != nil {
		t.Error(err)
	}
}
