package cmd

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/format"
)

// TestTranscriptHasEveryFormat: a transcript shows the same recording in every
// format.
func TestTranscriptHasEveryFormat(t *testing.T) {
	text, err := os.ReadFile("testdata/transcripts/formats.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range format.Formats {
		if f.Name != format.Formats[0].Name && !strings.Contains(string(text), "-o "+f.Name+" ") { // the first is the default
			t.Errorf("testdata/transcripts/formats.txt has no command with -o %s", f.Name)
		}
	}
}

// TestShowHasEveryPlatform: the built-in show has an example of every action and
// of every platform with its types.
func TestShowHasEveryPlatform(t *testing.T) {
	shown := map[string]bool{}
	var parser decode.Parser
	var action decode.Action
	decoder := decode.New()
	for _, a := range serve.Show() {
		if err := parser.Parse(&action, a.Frame); err != nil {
			t.Fatalf("%v: %s", err, a.Frame)
		}
		decoder.Apply(&action, time.Time{})
		r := decoder.Record()
		name, platform := string(r.Bytes(record.Action)), string(r.Bytes(record.Platform))
		shown[name] = true
		switch name {
		case "event":
			shown[platform+" "+string(r.Bytes(record.Type))] = true
		case "connection_info":
			shown[platform+" connection"] = true
		}
	}
	var want []string
	for _, name := range decode.ActionNames() {
		if name != "link" {
			want = append(want, name)
		}
	}
	for _, p := range decode.Platforms {
		for _, kind := range p.Types {
			want = append(want, p.Slug+" connection", p.Slug+" "+kind.Name)
		}
	}
	for _, name := range want {
		if !shown[name] {
			t.Errorf("the show has no %s: its platforms are in cmd/serve/show_*.go, what they say in cmd/serve/show", name)
		}
	}
}
