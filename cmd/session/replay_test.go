package session

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/restail/restail/cmd/recording"
)

func replayed(t testing.TB, o ReplayOptions) *log {
	t.Helper()
	return follow(t.Context(), NewReplay(o), nil)
}

// file makes a reader the one file of a replay.
func file(r io.Reader) []File { return []File{{R: r}} }

func gzipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.Bytes()
}

// recorded writes words as the lines of a recording.
func recorded(words ...string) string {
	text := ""
	for _, w := range words {
		text += frame(w) + "\n"
	}
	return text
}

func TestRecordings(t *testing.T) {
	long := func(size int) string {
		return `{"action":"long","pad":"` + strings.Repeat("x", size-len(`{"action":"long","pad":""}`)) + `"}`
	}
	tooLong := func(line int) string {
		return fmt.Sprintf("line %d is longer than the limit of 100B (--max-frame)", line)
	}
	a, b := frame("a"), frame("b")
	for name, test := range map[string]struct {
		text string
		want []string
		err  string // ""; or how the error begins
	}{
		"lines":               {a + "\n" + b + "\n", []string{"a", "b"}, ""},
		"CRLF":                {a + "\r\n" + b + "\r\n\r\n" + a + "\r", []string{"a", "b", "a"}, ""},
		"the limit":           {long(100) + "\n" + long(100) + "\r\n" + long(100), []string{"long", "long", "long"}, ""},
		"a line too long":     {a + "\n" + long(101) + "\n" + b + "\n", []string{"a", tooLong(2), "b"}, ""},
		"too long at the end": {a + "\n\n" + long(101), []string{"a", tooLong(3)}, ""},
		"far too long": {long(1<<17) + "\n" + a + "\n" + long(1<<18) + "\r\n" + b,
			[]string{tooLong(1), "a", tooLong(3), "b"}, ""},
		"broken lines":           {a + "\n[]\n" + b + "\n", []string{"a", "broken", "b"}, ""},
		"empty":                  {"", nil, "the recording is empty"},
		"blank":                  {"\n \n\x00\n", nil, "the recording is empty"},
		"no action":              {"[]\n", []string{"broken"}, "no line of the recording is an action"},
		"ndjson":                 {`{"time":"2026-01-02T03:04:05Z","action":"event","text":"x"}` + "\n" + a + "\n", []string{"record event", "a"}, ""},
		"not quite ndjson":       {`{"time":"2026-01-02T03:04:05Z","action":"a","payload":null}` + "\n", []string{"a"}, ""},
		"own lines":              {`{"restail":"link","status":"lost","reason":"closed"}` + "\n" + `{"restail":"later","x":1}` + "\n" + `{"restail":"link"}` + "\n", []string{"lost closed", "own later", "broken"}, ""},
		"an action with a time":  {`{"action":"a","time":1,"timestamp":2}` + "\n", []string{"a"}, ""},
		"UTF-16 with a mark, LE": {"\xff\xfe{\x00\"\x00", nil, "this is not a recording but text in UTF-16"},
	} {
		for how, r := range map[string]io.Reader{
			"whole": strings.NewReader(test.text), "bytewise": iotest.OneByteReader(strings.NewReader(test.text)),
			"with the end": iotest.DataErrReader(strings.NewReader(test.text)), "gzipped": bytes.NewReader(gzipped(test.text)),
		} {
			l := replayed(t, ReplayOptions{Files: file(r), MaxFrame: 100})
			if !slices.Equal(l.lines, test.want) {
				t.Errorf("%s, %s: %.200q, want %.200q", name, how, l.lines, test.want)
			}
			if test.err == "" && l.err != nil || test.err != "" && (l.err == nil || !strings.HasPrefix(l.err.Error(), test.err)) {
				t.Errorf("%s, %s: the error is %v, want %q", name, how, l.err, test.err)
			}
		}
	}
	l := replayed(t, ReplayOptions{Files: file(strings.NewReader("\xff\xfe"))})
	var format *recording.FormatError
	if !errors.As(l.err, &format) || format.Hint == "" {
		t.Errorf("the error is %#v", l.err)
	}
	if l = replayed(t, ReplayOptions{Files: file(strings.NewReader(""))}); !errors.Is(l.err, ErrEmpty) {
		t.Errorf("the error is %#v", l.err)
	}
}

func TestALargeRecording(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for n := 0; text.Len() < 4<<20; n++ {
		size := n * 7 % 2000
		if n%100 == 0 {
			size = batchBytes - 100 + n%200
		}
		fmt.Fprintf(&text, `{"action":"n%d","pad":"%s"}`+"\n", n, strings.Repeat("x", size))
	}
	l := replayed(t, ReplayOptions{Files: file(strings.NewReader(text.String()))})
	if strings.Join(l.frames, "\n")+"\n" != text.String() || l.err != nil {
		t.Errorf("%d lines, or others, and %v", len(l.lines), l.err)
	}
}

func TestDamagedRecordings(t *testing.T) {
	all := numbered(1, 5000)
	whole := gzipped(recorded(all...))
	for name, test := range map[string]struct {
		in    io.Reader
		least int
		says  string
	}{
		"cut short":      {bytes.NewReader(whole[:len(whole)*9/10]), 3000, "the recording is cut short: "},
		"only a header":  {bytes.NewReader(whole[:5]), 0, "the recording is cut short: "},
		"two members":    {bytes.NewReader(append(slices.Clone(whole), whole...)), 10000, ""},
		"rubbish behind": {bytes.NewReader(append(slices.Clone(whole), "rubbish behind"...)), 5000, "the recording cannot be read further: gzip: invalid header"},
		"a broken disk":  {io.MultiReader(strings.NewReader(recorded(all...)), iotest.ErrReader(errors.New("disk on fire"))), 5000, "the recording cannot be read further: disk on fire"},
	} {
		l := replayed(t, ReplayOptions{Files: file(test.in)})
		if len(l.lines) < test.least || len(l.lines) > test.least+2000 || !slices.Equal(l.lines[:min(3000, test.least)], all[:min(3000, test.least)]) {
			t.Errorf("%s: %d lines, or others", name, len(l.lines))
		}
		if test.says == "" && l.err != nil || test.says != "" && (l.err == nil || !strings.HasPrefix(l.err.Error(), test.says)) {
			t.Errorf("%s: the error is %v, want %q", name, l.err, test.says)
		}
	}
}

func TestALivePipeIsReadAsItComes(t *testing.T) {
	for _, speed := range []float64{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			start := time.Now()
			go func() {
				for _, text := range []string{recorded("a", "b") + `{"act`, `ion":"c"}` + "\n", recorded("d")} {
					io.WriteString(w, text)
					time.Sleep(time.Minute)
				}
				w.Close()
			}()
			var saw []string
			follow(t.Context(), NewReplay(ReplayOptions{Files: file(r), Speed: speed}), func(l *log, item Item) bool {
				saw = append(saw, time.Since(start).String()+" "+l.last()+map[bool]string{true: " more"}[item.More])
				return true
			})
			if want := []string{"0s a more", "0s b", "1m0s c", "2m0s d"}; !slices.Equal(saw, want) {
				t.Errorf("at speed %v: %q, want %q", speed, saw, want)
			}
		})
	}
}

// timeOf returns the time of a stamp.
func timeOf(seconds int) string {
	return time.Unix(1740152273+int64(seconds), 0).UTC().Format(time.RFC3339)
}

// info writes a connection_info with a stamp.
func info(seconds int) string {
	return fmt.Sprintf(`{"action":"connection_info","timestamp":%d,"payload":{"connectionIdentifier":"info%d"}}`+"\n", 1740152273+seconds, seconds)
}

// linked writes a link event.
func linked(status string, seconds int) string {
	return fmt.Sprintf(`{"restail":"link","time":%q,"status":%q}`+"\n", timeOf(seconds), status)
}

// message writes a message of the history.
func message(seconds int) string {
	return fmt.Sprintf(`{"restail":"history","message":{"timestamp":%q}}`+"\n", timeOf(seconds))
}

// noted writes a record of ndjson.
func noted(action string, seconds int) string {
	return fmt.Sprintf(`{"time":%q,"action":%q,"status":"x"}`+"\n", timeOf(seconds), action)
}

// stamped writes actions with stamps, each a number of seconds.
func stamped(seconds ...int) string {
	text := ""
	for _, s := range seconds {
		text += fmt.Sprintf(`{"action":"at%d","timestamp":%d}`+"\n", s, 1740152273+s)
	}
	return text
}

func TestPace(t *testing.T) {
	for name, test := range map[string]struct {
		speed float64
		text  string
		want  []string // when what comes
	}{
		"as recorded":       {1, stamped(100, 100, 101, 161), []string{"0s at100", "0s at100", "1s at101", "1m1s at161"}},
		"ten times":         {10, stamped(0, 10, 11), []string{"0s at0", "1s at10", "1.1s at11"}},
		"half":              {0.5, stamped(0, 10), []string{"0s at0", "20s at10"}},
		"no stamps":         {1, frame("a") + "\n" + stamped(10) + frame("b") + "\n" + stamped(20), []string{"0s a", "0s at10", "0s b", "10s at20"}},
		"a little back":     {1, stamped(10, 8, 9, 12), []string{"0s at10", "0s at8", "0s at9", "2s at12"}},
		"a minute back":     {1, stamped(100, 40, 101), []string{"0s at100", "0s at40", "1s at101"}},
		"as fast as it can": {0, stamped(0, 100, 36000, 1), []string{"0s at0", "0s at100", "0s at36000", "0s at1"}},
		"broken lines":      {1, stamped(0) + "[]\n" + stamped(5), []string{"0s at0", "0s broken", "5s at5"}},
		"another recording": {1, stamped(32400, 0, 5),
			[]string{"0s at32400", "0s notice: the time stamps of the recording jump back by 9h0m0s: the pace starts again from there", "0s at0", "5s at5"}},
		"a long wait": {1, stamped(0, 36000, 36005),
			[]string{"0s at0", "0s notice: the next action of the recording is due in 10h0m0s: waiting only one minute", "1m0s at36000", "1m5s at36005"}},
		"a set at the head": {1, info(-36000) + info(-500) + stamped(0) + info(-5) + stamped(7) + info(9),
			[]string{"0s info-36000", "0s info-500", "0s at0", "0s info-5", "7s at7", "9s info9"}},
		"own lines at the head": {1, linked("connected", -50000) + info(-36000) + stamped(0) + linked("lost", 70000) + stamped(7),
			[]string{"0s connected", "0s info-36000", "0s at0", "0s lost", "7s at7"}},
		"filled in": {1, stamped(200) + message(100) + message(150) + stamped(203) + message(204),
			[]string{"0s at200", "0s own history", "0s own history", "3s at203", "4s own history"}},
		"ndjson": {1, noted("connection_info", -500) + noted("a", 0) + noted("link", 500) + noted("b", 5),
			[]string{"0s record connection_info", "0s record a", "0s x", "5s record b"}},
		"very slow": {1e-12, stamped(0, 1), []string{"0s at0",
			"0s notice: the next action of the recording is due in 1281023h53m38s: waiting only one minute", "1m0s at1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := NewReplay(ReplayOptions{Files: file(strings.NewReader(test.text)), Speed: test.speed, MaxFrame: 100})
				start := time.Now()
				var saw []string
				flushed := true
				for item, err := range r.Items(t.Context()) {
					if err != nil {
						t.Error(err)
					}
					l := &log{}
					if l.add(item) {
						line := time.Since(start).String() + " " + l.last()
						if len(saw) > 0 && !flushed && !strings.HasPrefix(saw[len(saw)-1], time.Since(start).String()+" ") {
							t.Errorf("%q was not flushed before the wait", saw[len(saw)-1])
						}
						saw = append(saw, line)
					}
					flushed = !item.More
				}
				if !slices.Equal(saw, test.want) {
					t.Errorf("%q, want %q", saw, test.want)
				}
			})
		})
	}
}

// A replay ends when ctx does, even if nothing more can be read.
func TestReplayCanBeCancelled(t *testing.T) {
	for name, test := range map[string]struct {
		text  string // then nothing more comes
		speed float64
		want  []string
	}{
		"while waiting for stdin": {stamped(0, 0), 0, []string{"at0", "at0"}},
		"in a wait":               {stamped(0, 50), 1, []string{"at0"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := io.Pipe()
				defer w.Close() // the read goes on until then
				go io.WriteString(w, test.text)
				ctx, cancel := contextFor(t, 30*sec)
				defer cancel()
				start := time.Now()
				l := follow(ctx, NewReplay(ReplayOptions{Files: file(r), Speed: test.speed}), nil)
				l.expect(t, test.want...)
				if took := time.Since(start); took != 30*sec || l.err != nil {
					t.Errorf("it took %v and ended with %v", took, l.err)
				}
			})
		})
	}
}

func TestReplayYieldsWhatWasReceivedAtCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		go io.WriteString(w, recorded(numbered(1, 100)...))
		ctx, cancel := context.WithCancel(t.Context())
		l := follow(ctx, NewReplay(ReplayOptions{Files: file(r)}), func(l *log, item Item) bool {
			synctest.Wait() // the rest is received
			cancel()
			synctest.Wait()
			return true
		})
		l.expect(t, numbered(1, 100)...)
	})
}

func TestReplayDoesNotReadFarAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &endlessLines{}
		follow(t.Context(), NewReplay(ReplayOptions{Files: file(source)}), func(l *log, item Item) bool {
			time.Sleep(time.Hour)
			return len(l.lines) < 3
		})
		if read := source.read.Load(); read > runAhead+4*batchBytes {
			t.Errorf("%d bytes were read for three lines", read)
		}
	})
}

// Lines that are too long take room in the queue too, and the first action is given
// up when too much comes before it.
func TestBrokenLinesAreBounded(t *testing.T) {
	for _, period := range []func(first time.Time) (since, until time.Time){nil, func(time.Time) (since, until time.Time) { return }} {
		synctest.Test(t, func(t *testing.T) {
			source := &endlessLines{}
			follow(t.Context(), NewReplay(ReplayOptions{Files: file(source), MaxFrame: 10, Period: period}), func(l *log, item Item) bool {
				time.Sleep(time.Hour)
				return len(l.lines) < 3
			})
			if read := source.read.Load(); read > 2*recording.MaxHead {
				t.Errorf("%d bytes were read for three lines", read)
			}
		})
	}
}

// endlessLines is a recording without an end.
type endlessLines struct{ read atomic.Int64 }

func (e *endlessLines) Read(p []byte) (int, error) {
	n := 0
	for line := padded(1) + "\n"; n+len(line) <= len(p); {
		n += copy(p[n:], line)
	}
	e.read.Add(int64(n))
	return n, nil
}

// Several recordings are one stream. What is wrong with one is told at the end.
func TestSeveralFiles(t *testing.T) {
	cut := gzipped(recorded("b"))
	l := replayed(t, ReplayOptions{Files: []File{
		{"a.raw", strings.NewReader(recorded("a") + strings.Repeat("x", 101))},
		{"b.raw.gz", bytes.NewReader(cut[:len(cut)-1])},
		{"empty.raw", strings.NewReader("")},
		{"", strings.NewReader("junk")},
		{"utf16.raw", strings.NewReader("\xff\xfe")},
		{"c.raw", bytes.NewReader(gzipped(recorded("c")))},
	}, MaxFrame: 100})
	l.expect(t, "a", "line 2 of a.raw is longer than the limit of 100B (--max-frame)", "b", "broken", "c")
	want := []string{
		"b.raw.gz: the recording is cut short: unexpected EOF",
		"empty.raw: the recording is empty",
		"no line of the recording is an action",
		"utf16.raw: this is not a recording but text in UTF-16",
	}
	if l.err == nil || l.err.Error() != strings.Join(want, "\n") {
		t.Errorf("the error is %v", l.err)
	}
	for _, is := range []error{recording.ErrCut, ErrEmpty, ErrNoActions} {
		if !errors.Is(l.err, is) {
			t.Errorf("the error is not %v", is)
		}
	}
}

// Lines that are no actions make a recording too.
func TestRecordingsWithoutActions(t *testing.T) {
	for _, text := range []string{message(0), linked("lost", 0), noted("a", 0), `{"restail":"later"}`} {
		if l := replayed(t, ReplayOptions{Files: file(strings.NewReader(text))}); len(l.lines) != 1 || l.err != nil {
			t.Errorf("%s: %q and %v", text, l.lines, l.err)
		}
	}
}

// The pace starts again with each file.
func TestPaceOfSeveralFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		start := time.Now()
		go func() {
			time.Sleep(time.Hour)
			io.WriteString(w, info(0)+stamped(10, 13))
			w.Close()
		}()
		var saw []string
		for item, err := range NewReplay(ReplayOptions{Speed: 1, Files: []File{
			{"a", strings.NewReader(stamped(100000, 100002))}, {"b", strings.NewReader(stamped(5, 6))}, {"c", r},
		}}).Items(t.Context()) {
			l := &log{err: err}
			if l.add(item) {
				saw = append(saw, time.Since(start).String()+" "+l.last())
			}
		}
		want := []string{"0s at100000", "2s at100002", "2s at5", "3s at6", "1h0m0s info0", "1h0m0s at10", "1h0m3s at13"}
		if !slices.Equal(saw, want) {
			t.Errorf("%q, want %q", saw, want)
		}
	})
}

// Output is flushed while the next file has nothing to read.
func TestFlushBetweenFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		start := time.Now()
		go func() {
			time.Sleep(time.Hour)
			io.WriteString(w, recorded("b"))
			w.Close()
		}()
		flushed := false
		for item := range NewReplay(ReplayOptions{Files: []File{{"a", strings.NewReader(recorded("a"))}, {"b", r}}}).Items(t.Context()) {
			if item.Action != nil && time.Since(start) >= time.Hour && !flushed {
				t.Error("the first file was not flushed")
			}
			flushed = !item.More
		}
	})
}

// A period is given the time of the first action, which is known before anything
// is judged, however much comes before it.
func TestPeriod(t *testing.T) {
	set := strings.Repeat(info(-40), 3*runAhead/len(info(-40)))
	for name, test := range map[string]struct {
		text  string
		first int // seconds; -1 for none
		want  []string
	}{
		"actions":            {stamped(0, 9, 10, 19, 20, 5, 15), 0, []string{"at10", "at19", "at15"}},
		"a set at the head":  {set + stamped(5, 20, 6, 16), 5, []string{"at20", "at16"}},
		"own lines":          {linked("connected", -70) + stamped(0) + linked("lost", 12) + message(11) + message(9), 0, []string{"lost", "own history"}},
		"ndjson":             {noted("connection_info", -50) + noted("a", 3) + noted("b", 13), 3, []string{"record b"}},
		"messages":           {message(2) + message(12), 2, []string{"own history"}},
		"nothing but a set":  {info(-40) + info(-25), -40, []string{"info-25"}},
		"nothing but a link": {linked("lost", 7) + linked("ended", 17), 7, []string{"ended"}},
		"no time":            {"[]\n", -1, []string{"broken"}},
	} {
		start := time.Unix(1740152273, 0)
		got := &log{}
		asked := 0
		for item, err := range NewReplay(ReplayOptions{
			Files: file(strings.NewReader(test.text)),
			Speed: 1000,
			Period: func(first time.Time) (since, until time.Time) {
				asked++
				if want := start.Add(time.Duration(test.first) * time.Second); !first.Equal(want) {
					t.Errorf("%s: the first action is at %v, want %v", name, first, want)
				}
				return first.Add(10 * time.Second), first.Add(20 * time.Second)
			},
		}).Items(t.Context()) {
			if err == nil && !item.Outside {
				got.add(item)
			}
		}
		if !slices.Equal(got.lines, test.want) {
			t.Errorf("%s: %q, want %q", name, got.lines, test.want)
		}
		if asked > 1 {
			t.Errorf("%s: asked %d times", name, asked)
		}
	}
}

// What lies outside of the period takes no time.
func TestPaceOfAPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var saw []string
		for item, err := range NewReplay(ReplayOptions{
			Files: file(strings.NewReader(stamped(0, 3000, 7200, 7205, 9000))), Speed: 1,
			Period: func(first time.Time) (since, until time.Time) {
				return first.Add(2 * time.Hour), first.Add(2*time.Hour + time.Minute)
			},
		}).Items(t.Context()) {
			if l := (&log{err: err}); l.add(item) {
				saw = append(saw, time.Since(start).String()+" "+l.last()+map[bool]string{true: " outside"}[item.Outside])
			}
		}
		if want := []string{"0s at0 outside", "0s at3000 outside", "0s at7200", "5s at7205", "5s at9000 outside"}; !slices.Equal(saw, want) {
			t.Errorf("%q, want %q", saw, want)
		}
	})
}

// News of the link in a recording is that of a live run.
func TestLinkOfARecording(t *testing.T) {
	text := `{"restail":"link","time":"2026-01-02T03:04:05Z","status":"lost","reason":"closed","attempt":0}
{"restail":"link","time":"2026-01-02T03:04:06Z","status":"connected"}
{"restail":"link","time":"2026-01-02T03:04:07Z","status":"lost","reason":"replaced","attempt":1}
{"restail":"link","time":"2026-01-02T03:04:09Z","status":"restored","gap_seconds":2.125,"attempt":2,"same":true}
`
	l := replayed(t, ReplayOptions{Files: file(strings.NewReader(text))})
	l.expect(t, "lost closed", "connected", "lost replaced", "restored")
	when := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	for i, want := range []LinkEvent{
		{Status: Lost, Reason: "closed", At: when.Add(5 * sec), NeverUp: true},
		{Status: Connected, At: when.Add(6 * sec)},
		{Status: Lost, Reason: "replaced", At: when.Add(7 * sec), Attempt: 1},
		{Status: Restored, At: when.Add(9 * sec), Gap: 2125 * time.Millisecond, HasGap: true, Attempt: 2, SameSocket: true},
	} {
		if got := *l.link(t, i); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
