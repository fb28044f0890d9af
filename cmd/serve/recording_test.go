package serve

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestRecording(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	unstamped, odd := `{"action":"a"}`, ` { "action" : "odd" , "timestamp":17} `
	for _, c := range []struct {
		name, in string
		frames   []string
		at       []time.Duration
		skipped  Skipped
	}{
		{"empty", "", nil, nil, Skipped{}},
		{"one, no line end", said("a", first), []string{said("a", first)}, []time.Duration{0}, Skipped{}},
		{"blank lines are skipped", "\n \t\n" + said("a", first) + "\n\r\n\n", []string{said("a", first)}, []time.Duration{0}, Skipped{}},
		{"bytes are kept", odd + "\n" + said(long, first) + "\r\n", []string{odd, said(long, first)}, []time.Duration{0, 0}, Skipped{}},
		{"an earlier timestamp, or none",
			strings.Join([]string{said("a", first), said("b", first+9), said("c", first-99), unstamped, said("d", first+8), said("e", first+10)}, "\n"),
			[]string{said("a", first), said("b", first+9), said("c", first-99), unstamped, said("d", first+8), said("e", first+10)},
			[]time.Duration{0, 9 * time.Second, 9 * time.Second, 9 * time.Second, 9 * time.Second, 10 * time.Second}, Skipped{}},
		{"units and fractions", `{"action":"a","timestamp":1740152273.25}` + "\n" + `{"action":"a","timestamp":1740152273750}` + "\n" + odd,
			[]string{`{"action":"a","timestamp":1740152273.25}`, `{"action":"a","timestamp":1740152273750}`, odd},
			[]time.Duration{0, 500 * time.Millisecond, 500 * time.Millisecond}, Skipped{}},
		{"a byte-order mark and NUL bytes", "\ufeff" + said("a", first) + "\n\x00\x00" + said("b", first) + "\n\x00\x00\n\x00\ufeff\x00" + said("c", first),
			[]string{said("a", first), said("b", first), said("c", first)}, []time.Duration{0, 0, 0}, Skipped{}},
		{"restail's own lines",
			`{"restail":"link","time":"2026-11-28T19:30:00Z","status":"connected"}` + "\n" + said("a", first) + "\n" +
				`{"restail":"unrecorded","time":"2026-11-28T19:30:00Z","seconds":3,"actions":7}` + "\n" +
				`{"restail":"history","broadcast_id":"b","message":{"text":"hi"}}` + "\n" +
				`{"restail":"what a later version writes","timestamp":1740152999}` + "\n" + said("b", first+1) + "\n",
			[]string{said("a", first), said("b", first+1)}, []time.Duration{0, time.Second}, Skipped{}},
		{"the service's lines with such a key", `{"restail":"link","action":"a"}`, []string{`{"restail":"link","action":"a"}`}, []time.Duration{0}, Skipped{}},
		{"a connection set of an hour before",
			opens("a", "connected", -3600) + "\n" + opens("b", "connected", 0) + "\n" + said("a", first+60) + "\n" + opens("b", "error", 90),
			[]string{opens("a", "connected", -3600), opens("b", "connected", 0), said("a", first+60), opens("b", "error", 90)},
			[]time.Duration{0, 0, 0, 30 * time.Second}, Skipped{}},
		{"records of ndjson", `{"time":"2026-11-28T19:30:00Z","action":"event","text":"hi"}` + "\n" + said("a", first), []string{said("a", first)}, []time.Duration{0}, Skipped{Broken: 1}},
		{"broken lines",
			"no JSON\n" + said("a", first) + "\n[]\n{\"action\":\"\"}\n{\"timestamp\":1740152999}\n{\"action\":\"a\"}{}\n" + said("b", first) + "\n{\"action\":\"ev",
			[]string{said("a", first), said("b", first)}, []time.Duration{0, 0}, Skipped{Broken: 6}},
	} {
		for form, in := range map[string]string{"plain": c.in, "gzipped": gzipped(t, c.in)} {
			got, skipped, err := Recording(iotest.HalfReader(strings.NewReader(in)), 1<<21)
			if err != nil || len(got) != len(c.frames) || got == nil || skipped != c.skipped {
				t.Fatalf("%s, %s: %d actions, %+v, %v", c.name, form, len(got), skipped, err)
			}
			for i, a := range got {
				if string(a.Frame) != c.frames[i] || a.At != c.at[i] {
					t.Errorf("%s, %s: %v %.100q, want %v %.100q", c.name, form, a.At, a.Frame, c.at[i], c.frames[i])
				}
			}
		}
	}
}

// TestRecordingIsCutShort serves what kill -9 leaves of a gzipped recording.
func TestRecordingIsCutShort(t *testing.T) {
	whole := gzipped(t, said("a", first)+"\n"+said("b", first)+"\n")
	for _, in := range []string{whole[:len(whole)-4], whole + whole[:5]} {
		got, skipped, err := Recording(strings.NewReader(in), 1000)
		if len(got) != 2 || skipped != (Skipped{Cut: true}) || err != nil {
			t.Errorf("%d actions, %+v, %v", len(got), skipped, err)
		}
	}
}

func TestRecordingFails(t *testing.T) {
	broken := errors.New("the disk is on fire")
	for says, in := range map[string]io.Reader{
		"after 1 actions: the recording cannot be read further: the disk is on fire": io.MultiReader(strings.NewReader(said("a", first)+"\n"), iotest.ErrReader(broken)),
		"looks gzipped but cannot be read":                                           strings.NewReader("\x1f\x8bno"),
	} {
		if _, _, err := Recording(in, 100); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

func TestLargeFramesAreSkipped(t *testing.T) {
	fits, large := said("fits", first), said("large", first)
	for in, want := range map[string]int{
		fits + "\n" + large + "\n" + fits:                              1,
		fits + "\n" + fits + "\n" + large:                              1,
		large + "\n" + fits + "\n" + large + "\n" + fits:               2,
		fits + "\n" + strings.Repeat(large, 2000) + "\n" + fits + "\n": 1,
	} {
		got, skipped, err := Recording(strings.NewReader(in), len(fits))
		if err != nil || skipped != (Skipped{TooLarge: want}) || len(got) != 2 || string(got[0].Frame) != fits || string(got[1].Frame) != fits {
			t.Errorf("%.300q: %d actions, %+v, %v", in, len(got), skipped, err)
		}
	}
}

// endless is an endless reader that repeats a string.
type endless string

func (e endless) Read(p []byte) (int, error) {
	for n := 0; ; n += len(e) {
		if n+len(e) > len(p) {
			return n, nil
		}
		copy(p[n:], e)
	}
}

// TestEndlessRecording checks that endless input is refused.
func TestEndlessRecording(t *testing.T) {
	for _, line := range []endless{"\x00", "\n", "{}\n", `{"restail":"link"}` + "\n", endless(said("a", first) + "\n")} {
		if _, _, err := readActions(line, 1<<16, 1<<20); err == nil || !strings.Contains(err.Error(), "more than 128 MiB") {
			t.Errorf("%q for ever: %v", line, err)
		}
	}
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestStamps(t *testing.T) {
	to := time.Unix(1800000000, 0)
	for _, c := range []struct{ frame, set, moved string }{
		{`{"a":1,"timestamp":1740152273}`, `{"a":1,"timestamp":1800000000}`, `{"a":1,"timestamp":1740152363}`},
		{`{"timestamp":1740152273}`, `{"timestamp":1800000000}`, `{"timestamp":1740152363}`},
		{"{\"timestamp\" :\t1740152273.125 , \"a\":{}}", "{\"timestamp\" :\t1800000000 , \"a\":{}}", "{\"timestamp\" :\t1740152363.125 , \"a\":{}}"},
		{`{"a":1,"timestamp":1740152273125}`, `{"a":1,"timestamp":1800000000}`, `{"a":1,"timestamp":1740152363125}`},
		{`{"timestamp":1,"timestamp":1740152273,"b":2}`, `{"timestamp":1,"timestamp":1800000000,"b":2}`, `{"timestamp":1,"timestamp":1740152363,"b":2}`},
		{`{"a":{"timestamp":1740152273}}`, "", ""}, // not the action's own
		{`{"a":"b,\"timestamp\":1740152273"}`, "", ""},
		{`{"a":1,"timestamp":"1740152273"}`, "", ""},
		{`{"a":1,"timestamp":-1740152273}`, "", ""},
		{`{"a":1,"timestamp":17}`, "", ""},
		{`{"a":1,"timestamp":1.2.3}`, "", ""},
		{`{"a":1,"timestamp":null}`, "", ""},
		{`{"a":1,"timestamp":999999999999999}`, "", ""},
		{`{"timestamp":1740152273`, "", ""},
		{`[1740152273]`, "", ""},
		{``, "", ""},
	} {
		if c.set == "" {
			c.set, c.moved = c.frame, c.frame
		}
		if got := string(setStamp(nil, []byte(c.frame), to)); got != c.set {
			t.Errorf("set:   %s\nwant:  %s", got, c.set)
		}
		if got := string(moveStamp(nil, []byte(c.frame), 90*time.Second)); got != c.moved {
			t.Errorf("moved: %s\nwant:  %s", got, c.moved)
		}
	}
}

// FuzzStamp checks against encoding/json that a stamp is found where the
// action has one, and that setting it changes nothing else.
func FuzzStamp(f *testing.F) {
	f.Add([]byte(said("a", first)))
	f.Add([]byte(`{"timestamp":1,"timestamp" : 1740152273.5e0,"b":{"timestamp":2}}`))
	f.Add([]byte(`{"b":",\"timestamp\":1740152273}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if !json.Valid(frame) {
			setStamp(nil, frame, time.Unix(1800000000, 0)) // never panics
			return
		}
		var want, got map[string]any
		if json.Unmarshal(frame, &want) != nil {
			return
		}
		value, _ := want["timestamp"].(float64)
		usable := value >= firstStamp && value < endOfStamp || value/1000 >= firstStamp && value/1000 < endOfStamp
		if s, ok := readStamp(frame); ok != usable {
			t.Fatalf("%v found %v", value, s)
		}
		set := setStamp(nil, frame, time.Unix(1800000000, 0))
		if err := json.Unmarshal(set, &got); err != nil {
			t.Fatalf("%v in %s", err, set)
		}
		if usable {
			if got["timestamp"] != 1.8e9 {
				t.Errorf("not set: %s", set)
			}
			want["timestamp"] = 1.8e9
		}
		before, _ := json.Marshal(want)
		if after, _ := json.Marshal(got); !bytes.Equal(before, after) {
			t.Errorf("%s became %s", before, after)
		}
	})
}

// FuzzRecording checks that the actions that were recorded are served, in their
// order, and that nothing else is.
func FuzzRecording(f *testing.F) {
	f.Add([]byte(said("a", first) + "\n" + said("b", first+1) + "\n"))
	f.Add([]byte("\n\xff\n[]\r\n{\"action\":\"a\",\"timestamp\":1740152273}"))
	f.Add([]byte("\ufeff{\"restail\":\"link\"}\n\x00{\"action\":\"a\"}"))
	f.Fuzz(func(t *testing.T, recorded []byte) {
		got, skipped, err := Recording(bytes.NewReader(recorded), 1<<20)
		if err != nil || bytes.HasPrefix(recorded, []byte{0x1f, 0x8b}) {
			return
		}
		var last time.Duration
		broken := 0
		for line := range bytes.SplitSeq(recorded, []byte("\n")) {
			if len(got) > 0 && bytes.Contains(line, got[0].Frame) && got[0].At >= last {
				last, got = got[0].At, got[1:]
				continue
			}
			var members map[string]json.RawMessage
			var action string
			if json.Unmarshal(line, &members) == nil && json.Unmarshal(members["action"], &action) == nil &&
				action != "" && (members["payload"] != nil || members["time"] == nil) {
				t.Fatalf("%q is not served", line)
			}
			broken++
		}
		if len(got) > 0 || skipped.Broken > broken {
			t.Errorf("%d more actions were served than recorded, and %d lines of %d were broken", len(got), skipped.Broken, broken)
		}
	})
}
