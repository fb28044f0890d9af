//go:build unix

package main

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// What restail is compared with writes the same records.
func TestNaiveRecords(t *testing.T) {
	c := newCorpus(corpusEvents, 11)
	decoder, lines, channels := decode.New(), format.NDJSON{}, map[string]string{}
	var parser decode.Parser
	var parsed decode.Action
	compare := func(frame []byte) {
		if err := parser.Parse(&parsed, frame); err != nil {
			t.Fatal(err)
		}
		decoder.Apply(&parsed, time.Now())
		record := decoder.Record()
		var a action
		if err := json.Unmarshal(frame, &a); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(a.flat(channels))
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(line, &got) != nil || json.Unmarshal(lines.Record(nil, record, frame), &want) != nil {
			t.Fatalf("not JSON: %s", line)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nbecomes\n%v\nnot\n%v", frame, got, want)
		}
	}
	c.opening.messages(compare)
	c.events.messages(compare)
}
