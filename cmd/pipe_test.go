package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// scripted is a live source with the items of a list.
type scripted []session.Item

func (s scripted) Items(context.Context) iter.Seq2[session.Item, error] {
	return func(yield func(session.Item, error) bool) {
		for _, item := range s {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// record records a source to a file.
func (s scripted) record(t *testing.T, name string) {
	t.Helper()
	w, err := recording.Open(recording.Options{Layout: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range s {
		switch {
		case item.Link != nil:
			w.Own(item.Received, recording.AppendLink(nil, linkRecord(item.Link), item.Link.SameSocket))
		case item.Action != nil:
			frame := item.Action.Frame()
			var changes []int
			if item.Action.ChangesConnections() {
				changes = []int{0}
			}
			w.Frames(item.Received, frame, []int{len(frame)}, changes)
		default:
			w.Frames(item.Received, item.Frame, []int{len(item.Frame)}, nil)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// randomShow returns a run of the built-in show in which the link is lost and restored
// at random. Actions can be missing, and a new link brings the connection set again.
func randomShow(rng *rand.Rand) scripted {
	at := time.Unix(1773514800, 0)
	received := func(item session.Item) session.Item {
		item.Received = at
		return item
	}
	var s scripted
	link := func(l session.LinkEvent) {
		at = at.Add(time.Duration(rng.IntN(5000)) * time.Millisecond)
		l.At = at
		s = append(s, received(session.Item{Link: &l}))
	}
	var set [][]byte
	link(session.LinkEvent{Status: session.Connected, Attempt: 1})
	for _, action := range serve.Show() {
		frame := action.Frame
		if bytes.Contains(frame, []byte(`"connection_info"`)) {
			set = append(set, frame)
		}
		if rng.IntN(10) == 0 {
			frame = indented(frame)
		}
		switch rng.IntN(40) {
		case 0:
			same := rng.IntN(3) == 0
			link(session.LinkEvent{Status: session.Lost, Reason: "closed", Attempt: rng.IntN(3), SameSocket: same})
			link(session.LinkEvent{Status: session.Restored, Gap: time.Duration(rng.Int64N(1e11)), Attempt: 1 + rng.IntN(9), SameSocket: same})
			if !same {
				for _, i := range rng.Perm(len(set))[:rng.IntN(len(set)+1)] {
					s = append(s, received(parsedItem(set[i])))
				}
			}
		case 1:
			s = append(s, received(parsedItem([]byte("{\"action\":\n\"broken"))))
		case 2:
			continue // missed
		}
		s = append(s, received(parsedItem(frame)))
	}
	link(session.LinkEvent{Status: session.Ended, Reason: "closed"})
	return s
}

// indented returns a frame with line breaks.
func indented(frame []byte) []byte {
	var out bytes.Buffer
	json.Indent(&out, frame, "\r", "\t")
	return out.Bytes()
}

// parsedItem returns a frame as an item of a source.
func parsedItem(frame []byte) session.Item {
	var action decode.Action
	if err := new(decode.Parser).Parse(&action, frame); err != nil {
		return session.Item{Broken: err, Frame: frame}
	}
	return session.Item{Action: &action}
}

// follow runs a source through the pipe and returns what it writes.
func (s scripted) follow(t *testing.T, args []string) string {
	t.Helper()
	g := newGrammar("replay")
	line, err := newCommandLine(g, Env{}, new(configuration))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := line.parse(append([]string{"replay"}, args...)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	r := &run{Context: t.Context(), Env: Env{Stdout: &out}, status: format.NewStatus(new(bytes.Buffer), format.StatusText, time.Now)}
	p, err := r.newPipe(&g.Replay.outputFlags, &g.Replay.endFlags)
	if err != nil {
		t.Fatal(err)
	}
	p.source = s
	if err := p.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The replay of a recording gives the output of the live run. So does the replay of its
// complete ndjson or raw output.
func TestReplayEqualsLive(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		s := randomShow(rand.New(rand.NewPCG(seed, 17)))
		file := t.TempDir() + []string{"/show.raw", "/show.raw.gz"}[seed%2]
		s.record(t, file)
		for _, args := range [][]string{
			{"-a", "all"}, {"-o", "text", "--time", "utc"}, {"-o", "text", "--time", "utc", "-a", "all"},
			{"-o", "raw"}, {"-o", "raw", "-a", "all"}, {"-o", "raw", "-a", "link,event", "-p", "twitch"},
			{"-p", "youtube,x"}, {"--fields", "time,channel,gap_seconds,text"},
			{"-f", `select(.action != "heartbeat") | [.channel, .status, ($raw | type)]`},
		} {
			live := s.follow(t, args)
			got := restail(t, "", append([]string{"replay", file, "-q"}, args...)...)
			if got.stdout != live || got.status != statusDone {
				t.Fatalf("seed %d, %v, status %d: %s", seed, args, got.status, firstDifference(live, got.stdout))
			}
		}
		for _, args := range [][]string{{"-a", "all"}, {"-o", "raw", "-a", "all"}} {
			once := restail(t, "", append([]string{"replay", file, "-q"}, args...)...).stdout
			if err := os.WriteFile(file+".again", []byte(once), 0o600); err != nil {
				t.Fatal(err)
			}
			if twice := restail(t, "", append([]string{"replay", file + ".again", "-q"}, args...)...).stdout; twice != once {
				t.Fatalf("seed %d, %v, again: %s", seed, args, firstDifference(once, twice))
			}
		}
	}
}

// The replay of two runs, in one file or in two, gives the output of both.
func TestReplayOfTwoRuns(t *testing.T) {
	t.Parallel()
	first, second := randomShow(rand.New(rand.NewPCG(1, 1))), randomShow(rand.New(rand.NewPCG(2, 2)))
	dir := t.TempDir()
	names := []string{dir + "/both.raw.gz", dir + "/first.raw", dir + "/second.raw.gz"}
	first.record(t, names[0])
	second.record(t, names[0])
	first.record(t, names[1])
	second.record(t, names[2])
	want := first.follow(t, nil) + second.follow(t, nil)
	for _, files := range [][]string{names[:1], names[1:]} {
		if got := restail(t, "", append([]string{"replay", "-q"}, files...)...); got.stdout != want {
			t.Errorf("%d files: %s", len(files), firstDifference(want, got.stdout))
		}
	}
}

// Periods that divide a recording give each record once, with the channel names that
// were announced before.
func TestPeriodsDivideARecording(t *testing.T) {
	t.Parallel()
	s := randomShow(rand.New(rand.NewPCG(3, 3)))
	file := t.TempDir() + "/show.raw"
	s.record(t, file)
	for _, form := range []string{"ndjson", "raw"} {
		all := restail(t, "", "replay", file, "-q", "-a", "event", "-o", form).stdout
		var parts string
		edges := []string{"+0", "+3s", "2026-03-14T19:00:07Z", "2026-03-14T20:00:12+01:00", "+1h"}
		for i := range edges[1:] {
			parts += restail(t, "", "replay", file, "-q", "-a", "event", "-o", form, "--since", edges[i], "--until", edges[i+1]).stdout
		}
		if sorted(all) != sorted(parts) {
			t.Errorf("%s: the parts are not the whole: %s", form, firstDifference(sorted(all), sorted(parts)))
		}
	}
}

func sorted(lines string) string {
	all := slices.Collect(strings.Lines(lines))
	slices.Sort(all)
	return strings.Join(all, "")
}

// The text format tells channels of one platform apart even if only records that are not
// written name them.
func TestTextOfNDJSONNamesChannels(t *testing.T) {
	t.Parallel()
	s := randomShow(rand.New(rand.NewPCG(4, 4)))
	file := t.TempDir() + "/show.ndjson"
	if err := os.WriteFile(file, []byte(s.follow(t, []string{"-a", "all"})), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-o", "text", "--time", "utc"}
	want, got := s.follow(t, args), restail(t, "", append([]string{"replay", file, "-q"}, args...)...).stdout
	if got != want {
		t.Errorf("the text of ndjson: %s", firstDifference(want, got))
	}
}

// BenchmarkPipe runs the built-in show through the whole pipeline again and again. One
// operation is one action.
func BenchmarkPipe(b *testing.B) {
	var show []byte
	for _, action := range serve.Show() {
		show = append(append(show, action.Frame...), '\n')
	}
	frames := bytes.Count(show, []byte{'\n'})
	for _, bench := range []struct {
		name string
		args []string
	}{
		{"raw", []string{"-o", "raw"}},
		{"ndjson", nil},
		{"fields", []string{"-p", "twitch", "--fields", "author,text"}},
		{"text", []string{"-o", "text"}},
		{"filter", []string{"-f", `select(.platform == "twitch") | {author, text}`}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			rounds := b.N/frames + 1
			b.SetBytes(int64(len(show) / frames))
			b.ReportAllocs()
			status := Run(b.Context(), append([]string{"replay", "-q"}, bench.args...), Env{
				Stdin:  &repeat{text: show, left: rounds},
				Stdout: io.Discard, Stderr: io.Discard,
			})
			if status != 0 {
				b.Fatalf("status %d", status)
			}
		})
	}
}

// repeat is a reader of a text that comes several times.
type repeat struct {
	text []byte
	at   int
	left int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	if r.at += n; r.at == len(r.text) {
		r.at = 0
		r.left--
	}
	return n, nil
}
