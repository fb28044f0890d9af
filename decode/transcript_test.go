package decode

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/decode/record"
)

var update = flag.Bool("update", false, "rewrite what testdata expects")

// receipt is the time of receipt in all tests.
var receipt = time.Date(2030, 1, 2, 3, 4, 5, 678e6, time.FixedZone("", 3600))

// frameDecoder takes frames through both steps.
type frameDecoder struct {
	*Decoder
	parser Parser
	action Action
}

func newDecoder() *frameDecoder { return &frameDecoder{Decoder: New()} }

func (d *frameDecoder) apply(frame []byte) error {
	if err := d.parser.Parse(&d.action, frame); err != nil {
		return err
	}
	d.Apply(&d.action, receipt)
	return nil
}

func (d *frameDecoder) decode(frame []byte) (*record.Record, error) {
	if err := d.apply(frame); err != nil {
		return nil, err
	}
	return d.Record(), nil
}

// TestTranscripts replays the transcripts. A transcript is a session. A line
// that begins with "> " is a frame, one with "! " a call of the Decoder. The
// lines below are the results: "< " a record, "~ " a change of the connection
// map, "  " the result of a call. The rest is comment.
func TestTranscripts(t *testing.T) {
	for _, file := range transcripts(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := replay(want)
			if *update {
				if err := os.WriteFile(file, got, 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
			for i := range max(len(gotLines), len(wantLines)) {
				if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
					t.Fatalf("%s:%d:\n got %s\nwant %s", file, i+1, strings.Join(gotLines[i:min(i+1, len(gotLines))], ""), strings.Join(wantLines[i:min(i+1, len(wantLines))], ""))
				}
			}
		})
	}
}

func transcripts(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return files
}

// frames returns every frame of every transcript.
func frames(t testing.TB) [][]byte {
	var frames [][]byte
	for _, file := range transcripts(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if frame, ok := bytes.CutPrefix(bytes.TrimRight(line, "\n"), []byte("> ")); ok {
				frames = append(frames, frame)
			}
		}
	}
	return frames
}

// replay runs a transcript again.
func replay(transcript []byte) []byte {
	var out bytes.Buffer
	d := newDecoder()
	for _, line := range strings.Split(strings.TrimSuffix(string(transcript), "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "> "):
			out.WriteString(line + "\n")
			r, err := d.decode([]byte(line[2:]))
			if err != nil {
				fmt.Fprintf(&out, "< broken: %v\n", err)
				continue
			}
			fmt.Fprintf(&out, "< %s\n", marshal(r))
			if change := d.Change(); change != nil {
				fmt.Fprintf(&out, "~ %s\n", describe(*change))
			}
		case strings.HasPrefix(line, "! "):
			out.WriteString(line + "\n")
			ask(d, line[2:], &out)
		case !strings.HasPrefix(line, "< ") && !strings.HasPrefix(line, "~ ") && !strings.HasPrefix(line, "  "):
			out.WriteString(line + "\n")
		}
	}
	return out.Bytes()
}

func ask(d *frameDecoder, question string, out *bytes.Buffer) {
	var connections []record.Linked
	switch question {
	case "relink":
		d.Relink()
		return
	case "drained":
		fmt.Fprintf(out, "  %v\n", d.Drained())
		return
	case "linked":
		connections = d.Linked()
	case "gone":
		connections = d.Gone()
	}
	for _, c := range connections {
		fmt.Fprintf(out, "  %s\n", describe(c))
	}
	if len(connections) == 0 {
		out.WriteString("  none\n")
	}
}

func describe(c record.Linked) string {
	s := fmt.Sprintf("%s %q %s, %s as %q", c.Platform, c.Channel, c.Status, c.Identifier, c.UUID)
	if c.Reason != "" {
		s += fmt.Sprintf(", %s: %s", c.Reason, c.ReasonText)
	}
	return s
}

// marshal writes a record as JSON and escapes only what must be escaped.
func marshal(r *record.Record) string {
	var out bytes.Buffer
	text := func(v any) {
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic(err)
		}
		out.Truncate(out.Len() - 1)
	}
	for f := range r.All {
		out.WriteByte("{,"[min(out.Len(), 1)])
		text(f.Name())
		out.WriteByte(':')
		switch record.Fields[f].Kind {
		case record.String, record.ID:
			text(string(r.Bytes(f)))
		case record.Number:
			out.Write(r.Bytes(f))
		case record.Bool:
			text(r.Bool(f))
		case record.Strings:
			texts := []string{}
			for _, c := range r.List(f) {
				texts = append(texts, string(c.Bytes))
			}
			text(texts)
		}
	}
	return out.String() + "}"
}
