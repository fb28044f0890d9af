package history

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/recording"
)

const messagesPath = "GET /v2/user/events/" + broadcast + "/chat/history?pageSize=1000"

func TestPages(t *testing.T) {
	tests := []struct {
		name    string
		from    time.Time
		answers []answer
		want    string
		failed  string
		asked   []string // what follows messagesPath
	}{
		{name: "one", answers: []answer{page("", "a", "b")}, want: "a b", asked: []string{""}},
		{name: "three", answers: []answer{page("p 1&", "a", "b"), page("p2", "c"), page("", "d")}, want: "a b c d",
			asked: []string{"", "&pageToken=p+1%26", "&pageToken=p2"}},
		{name: "seek", from: time.Date(2026, 5, 1, 19, 0, 2, 7e8, time.UTC), answers: []answer{page("p1", "c"), page("", "d")}, want: "c d",
			asked: []string{"&timestamp=1777662002", "&pageToken=p1"}},
		{name: "seek before 1970", from: time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), answers: []answer{page("", "a")}, want: "a",
			asked: []string{"&timestamp=0"}},
		{name: "none", answers: []answer{page("")}, asked: []string{""}},
		{name: "an empty page with a next token", answers: []answer{page("p1", "a"), page("p2"), page("", "b")}, want: "a b",
			asked: []string{"", "&pageToken=p1", "&pageToken=p2"}},
		{name: "a token twice", answers: []answer{page("p1", "a"), page("p1", "b"), page("", "c")}, want: "a b", failed: "protocol 1",
			asked: []string{"", "&pageToken=p1"}},
		{name: "a token of two pages ago", answers: []answer{page("p1", "a"), page("p2", "b"), page("p1", "c")}, want: "a b c", failed: "protocol 1",
			asked: []string{"", "&pageToken=p1", "&pageToken=p2"}},
		{name: "pages that overlap", answers: []answer{page("p1", "a", "b", "c"), page("p2", "b", "c", "d"), page("", "d")}, want: "a b c d",
			asked: []string{"", "&pageToken=p1", "&pageToken=p2"}},
		{name: "a page that comes again and again", answers: []answer{page("p1", "a", "b"), page("p2", "b"), page("p3", "b"), page("", "a", "b", "c")}, want: "a b c",
			asked: []string{"", "&pageToken=p1", "&pageToken=p2", "&pageToken=p3"}},
		{name: "out of order", answers: []answer{page("p1", "b", "a"), page("", "d", "c")}, want: "b a d c", asked: []string{"", "&pageToken=p1"}},
		{name: "a byte-order mark", answers: []answer{{body: "\ufeff" + page("", "a").body}}, want: "a", asked: []string{""}},
		{name: "null", answers: []answer{{body: `{"messages":null,"nextPageToken":""}`}}, asked: []string{""}},
		{name: "no token", answers: []answer{{body: `{"messages":[{"text":"a"}]}`}}, want: "a", asked: []string{""}},
		{name: "no messages", answers: []answer{{body: `{"nextPageToken":"p1"}`}}, failed: "protocol 1", asked: []string{""}},
		{name: "an error with status 200", answers: []answer{{body: `{"error":{"message":"sorry"}}`}}, failed: "protocol 1", asked: []string{""}},
		{name: "keys of another case", answers: []answer{{body: `{"Messages":[]}`}}, failed: "protocol 1", asked: []string{""}},
		{name: "an array", answers: []answer{{body: `[]`}}, failed: "protocol 1", asked: []string{""}},
		{name: "an array like an object", answers: []answer{{body: `["messages",[]]`}}, failed: "protocol 1", asked: []string{""}},
		{name: "a key within a message", answers: []answer{{body: `{"x":{"messages":[]}}`}}, failed: "protocol 1", asked: []string{""}},
		{name: "an escaped key, twice", answers: []answer{{body: ` { "mess\u0061ges" : 7, "messages" : [ {"text":"a"} ] , "nextPageToken":null } `}}, want: "a", asked: []string{""}},
		{name: "messages of another type", answers: []answer{{body: `{"messages":{}}`}}, failed: "protocol 1", asked: []string{""}},
		{name: "a token of another type", answers: []answer{{body: `{"messages":[],"nextPageToken":7}`}}, failed: "protocol 1", asked: []string{""}},
		{name: "a web page", answers: []answer{{body: "<html>"}}, failed: "protocol 1", asked: []string{""}},
		{name: "nothing", answers: []answer{{}}, failed: "protocol 1", asked: []string{""}},
		{name: "half of it", answers: []answer{{body: `{"messages":[`}}, failed: "protocol 1", asked: []string{""}},
		{name: "32 MiB", answers: []answer{{body: `{"messages":[]}` + strings.Repeat(" ", 32<<20-15)}}, asked: []string{""}},
		{name: "more than 32 MiB", answers: []answer{{body: `{"messages":[]}` + strings.Repeat(" ", 32<<20-14)}}, failed: "protocol 1", asked: []string{""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, a := client(t, test.answers...)
			got, err := read(t, c, test.from)
			if got != test.want || verdict(err) != test.failed {
				t.Errorf("got %q, %v", got, err)
			}
			for i := range test.asked {
				test.asked[i] = messagesPath + test.asked[i]
			}
			if !slices.Equal(a.asked, test.asked) {
				t.Errorf("asked for %q", a.asked)
			}
		})
	}
}

// TestMessages checks that no message is lost for a value that is missing or of another
// type.
func TestMessages(t *testing.T) {
	raws := []string{
		`{"timestamp":"2026-05-01T21:00:02.5+02:00","platform":"Facebook Page","channelName":"C","author":"A","text":"<3 ","meta":{"a":[1.0]}}`,
		`{}`,
		`{"timestamp":1777662002,"platform":null,"channelName":7,"author":null,"text":["x"]}`,
		`null`,
		`"text"`,
		`{"text":"]}\\\",{[: \\","meta":{"text":[[],{}]}}`,
	}
	c, _ := client(t, answer{body: `{"messages":[` + strings.Join(raws, " ,\n") + `]}`})
	var got []Message
	for m, err := range c.Messages(t.Context(), broadcast, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		m.Time = m.Time.UTC()
		got = append(got, m)
	}
	want := make([]Message, len(raws))
	for i := range want {
		want[i].Raw, want[i].More = []byte(raws[i]), i < len(want)-1
	}
	want[0].HistoryMessage = recording.HistoryMessage{
		Time: time.Date(2026, 5, 1, 19, 0, 2, 5e8, time.UTC), Platform: "facebook", Channel: "C", Author: "A", Text: "<3 ",
	}
	want[5].Text = `]}\",{[: \`
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// TestLeave checks that leaving the loop ends the requests.
func TestLeave(t *testing.T) {
	c, a := client(t, page("p1", "a", "b"))
	for range c.Messages(t.Context(), broadcast, time.Time{}) {
		break
	}
	if len(a.asked) != 1 {
		t.Errorf("asked for %q", a.asked)
	}
}

// TestMemoryOfPage checks that a page needs little more memory than its text, however
// many messages it has.
func TestMemoryOfPage(t *testing.T) {
	const size = 4 << 20
	c, _ := client(t, answer{body: `{"messages":[{}` + strings.Repeat(",{}", size/3) + `]}`})
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	for _, err := range c.Messages(t.Context(), broadcast, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if after := heap(); after > before+4*size {
			t.Errorf("a page of %d bytes needs %d", size, after-before)
		}
		break
	}
}

// TestCancelWithinPage checks that a cancelled context ends a page that is longer than
// asked for, but not one of the size asked for.
func TestCancelWithinPage(t *testing.T) {
	const pageSize = 1000
	for _, size := range []int{pageSize, 3 * pageSize} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c, a := client(t, answer{body: `{"messages":[{}` + strings.Repeat(",{}", size-1) + `],"nextPageToken":"p1"}`})
		n, more := 0, true // another message was announced
		var failed error
		for m, err := range c.Messages(ctx, broadcast, time.Time{}) {
			if failed = err; err == nil {
				n, more = n+1, m.More
			}
			cancel()
		}
		if n != pageSize || more || !errors.Is(failed, context.Canceled) || len(a.asked) > 2 {
			t.Errorf("%d of %d messages, more %v, %d requests, %v", n, size, more, len(a.asked), failed)
		}
	}
}

// TestOverlap has letters for messages, whose time is the letter in lower case.
func TestOverlap(t *testing.T) {
	at := func(text string) (marks []mark) {
		for _, c := range text {
			marks = append(marks, mark{uint64(c), time.Unix(int64(c|' '), 0)}) // A and a are in the same second
		}
		return marks
	}
	for _, test := range []struct {
		before, page string
		want         int
	}{
		{"", "abc", 0},
		{"abc", "", 0},
		{"abc", "def", 0},
		{"abc", "cde", 1},
		{"abc", "bcd", 2},
		{"abc", "abc", 3},
		{"abcabc", "abcd", 3},
		{"abcabd", "abce", 0},
		{"xab", "abab", 2},
		{"abcabcab", "abcabx", 5},
		{"bc", "abc", 0},
		{"aBb", "bc", 0},  // B may not be repeated, so that b is another one
		{"aBb", "Bbc", 2}, // everything of the second is
		{"abb", "bc", 0},
		{"abb", "bbc", 2},
		{"bb", "bbb", 2},
	} {
		if got := overlap(at(test.before), at(test.page)); got != test.want {
			t.Errorf("%s, %s: %d, want %d", test.before, test.page, got, test.want)
		}
	}
}

func TestBroadcasts(t *testing.T) {
	const a, b, c = `"aaaaaaaa-33d9-4f6e-9a57-6e1f0d6c61a7"`, `"bbbbbbbb-33d9-4f6e-9a57-6e1f0d6c61a7"`, `"cccccccc-33d9-4f6e-9a57-6e1f0d6c61a7"`
	for _, test := range []struct{ body, want, failed string }{
		{`[]`, "", ""},
		{`null`, "", ""},
		{`{"items":[]}`, "", ""},
		{`[{"id":` + a + `,"startedAt":null,"finishedAt":null}]`, "a", ""},
		{`{"items":[{"id":` + a + `},{"id":` + b + `}],"pagination":{}}`, "a", ""},
		{`{"items":[{"id":` + a + `,"finishedAt":5,"startedAt":5},{"id":` + b + `,"finishedAt":7,"startedAt":7},{"id":` + c + `,"finishedAt":7,"startedAt":7}]}`, "b", ""},
		{`[null,{},{"id":"rtmp/instant"},{"id":7},{"id":` + c + `,"startedAt":"soon","finishedAt":"soon"}]`, "c", ""},
		{`[7]`, "", "protocol 1"},
		{`{}`, "", "protocol 1"},
		{`{"items":"none"}`, "", "protocol 1"},
		{`"none"`, "", "protocol 1"},
		{`<html>`, "", "protocol 1"},
	} {
		client, api := client(t, answer{body: test.body})
		for range 2 {
			ask := client.InProgress
			if len(api.asked) == 1 {
				ask = client.LastEnded
			}
			id, ok, err := ask(t.Context())
			if begin, _, _ := strings.Cut(id, "-"); strings.Trim(begin, test.want) != "" || ok != (test.want != "") || verdict(err) != test.failed {
				t.Errorf("%s: %q, %v, %v", test.body, id, ok, err)
			}
		}
		if want := []string{"GET /v2/user/events/in-progress", "GET /v2/user/events/history?limit=10&page=1"}; !slices.Equal(api.asked, want) {
			t.Errorf("asked for %q", api.asked)
		}
	}
}

func TestNoBroadcast(t *testing.T) {
	var err error = NoBroadcast()
	if verdict(err) != "no_broadcast 1" || err.Error() != "cannot find the broadcast: the account has none" {
		t.Error(err)
	}
	if errors.Unwrap(err) != nil {
		t.Error("it wraps another error")
	}
}

func TestIsUUID(t *testing.T) {
	for id, want := range map[string]bool{
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7":   true,
		"5F0C2AB1-33D9-4F6E-9A57-6E1F0D6C61A7":   true,
		"":                                       false,
		"rtmp/instant":                           false,
		"5f0c2ab133d94f6e9a576e1f0d6c61a7":       false,
		"{5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7}": false,
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a":    false,
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a/":   false,
		"5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c6-a7":   false,
		"5f0c2ab1/33d9-4f6e-9a57-6e1f0d6c61a7":   false,
	} {
		if IsUUID(id) != want {
			t.Errorf("%q: want %v", id, want)
		}
	}
}
