package decode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restail/restail/decode/record"
)

var emoteTests = []struct {
	name, text, replaces string
	want                 string // word=url, with blanks between
}{
	{"none", "Kappa", `[]`, ""},
	{"captured: to is inclusive", "SirPrise", `[{"from":0,"to":7,"type":"imageUrl","payload":{"url":"u"}}]`, "SirPrise=u"},
	{"from == to is one character", "a b c", `[{"from":2,"to":2,"payload":{"url":"u"}}]`, "b=u"},
	{"last one first, as the service sends them", "A b C", `[{"from":4,"to":4,"payload":{"url":"2"}},{"from":0,"to":0,"payload":{"url":"1"}}]`, "A=1 C=2"},
	{"in any order", "A b C d", `[{"from":2,"to":2,"payload":{"url":"2"}},{"from":6,"to":6,"payload":{"url":"4"}},{"from":0,"to":0,"payload":{"url":"1"}}]`, "A=1 b=2 d=4"},
	{"each occurrence", "A A A", `[{"from":4,"to":4},{"from":2,"to":2},{"from":0,"to":0}]`, "A= A= A="},
	{"any type", "A", `[{"from":0,"to":0,"type":"animation","payload":{"url":"u"}}]`, "A=u"},
	{"images that are missing", "A B C D E", `[{"from":0,"to":0},{"from":2,"to":2,"payload":null},{"from":4,"to":4,"payload":{"url":null}},{"from":6,"to":6,"payload":{"url":5}},{"from":8,"to":8,"payload":{"url":""}}]`, "A= B= C= D= E="},
	{"of duplicate keys the last counts", "A B", `[{"from":0,"from":2,"to":0,"to":2,"payload":{"url":"x"},"payload":{}}]`, "B="},

	{"outside the text", "Kappa", `[{"from":0,"to":5},{"from":5,"to":5},{"from":-1,"to":4},{"from":100,"to":200},{"from":0,"to":4294967300},{"from":0,"to":1e30}]`, ""},
	{"backwards", "A B C", `[{"from":4,"to":0},{"from":1,"to":0}]`, ""},
	{"no positions", "A", `[{},{"from":0},{"to":0},{"from":"0","to":"0"},{"from":0.5,"to":0},{"from":null,"to":0},5,null,[0,0]]`, ""},
	{"positions are numbers in any notation", "A Kappa", `[{"from":2.0,"to":6e0}]`, "Kappa="},
	{"a bad range does not take the good ones with it", "Kappa so Keepo", `[{"from":0,"to":99},{"from":9,"to":13,"payload":{"url":"2"}},{"from":7,"to":6},{"from":0,"to":4,"payload":{"url":"1"}}]`, "Kappa=1 Keepo=2"},

	{"beside each other", "[emote:1:A][emote:2:B]", `[{"from":11,"to":21,"payload":{"url":"2"}},{"from":0,"to":10,"payload":{"url":"1"}}]`, "[emote:1:A]=1 [emote:2:B]=2"},
	{"beside punctuation", "Kappa, (Keepo) x.", `[{"from":15,"to":15},{"from":8,"to":12},{"from":0,"to":4}]`, "Kappa= Keepo= x="},
	{"beside letters", "안녕KappaPride", `[{"from":2,"to":6}]`, "Kappa="},
	{"white space too", "A B", `[{"from":1,"to":1}]`, " ="},
	{"more than one word", "A Big Word B", `[{"from":2,"to":9}]`, "Big Word="},
	{"an overlap is dropped", "KappaKeepo", `[{"from":0,"to":4,"payload":{"url":"1"}},{"from":4,"to":9,"payload":{"url":"2"}},{"from":5,"to":9,"payload":{"url":"3"}}]`, "Kappa=1 Keepo=3"},
	{"of two that begin together the first counts", "Kappa Keepo", `[{"from":0,"to":4,"payload":{"url":"1"}},{"from":0,"to":4,"payload":{"url":"2"}},{"from":0,"to":10,"payload":{"url":"3"}},{"from":6,"to":10,"payload":{"url":"4"}}]`, "Kappa=1 Keepo=4"},
	{"the one that begins first counts", "Kappa Keepo", `[{"from":6,"to":10},{"from":5,"to":6},{"from":0,"to":5}]`, "Kappa = Keepo="},

	{"U+10000 takes two UTF-16 units", "𐀀 Kappa", `[{"from":3,"to":7}]`, "Kappa="},
	{"code points", "😀 Kappa 😀 Keepo", `[{"from":10,"to":14},{"from":2,"to":6}]`, "Kappa= Keepo="},
	{"UTF-16", "😀 Kappa 😀 Keepo", `[{"from":12,"to":16},{"from":3,"to":7}]`, "Kappa= Keepo="},
	{"UTF-16, since code points would reach beyond the text", "😀:a::b:", `[{"from":5,"to":7},{"from":2,"to":4}]`, ":a:= :b:="},
	{"code points, since UTF-16 would split a pair", "a😀😀", `[{"from":2,"to":2},{"from":1,"to":1}]`, "😀= 😀="},
	{"not bytes", "éé Kappa x", `[{"from":3,"to":7}]`, "Kappa="},
	{"more words when as many ranges fit", "😀 a 😀 b", `[{"from":3,"to":3},{"from":6,"to":6},{"from":8,"to":8}]`, "a= b="},
	{"more ranges count before more words", "😀 b 😀c", `[{"from":3,"to":3},{"from":5,"to":5}]`, " = c="},
	{"code points when both would do", "😀 a b c", `[{"from":4,"to":4}]`, "b="},
	{"code points when nothing decides", "😀abcdef", `[{"from":3,"to":4}]`, "cd="},
	{"a word decides for the whole message", "😀xx Kappa xx", `[{"from":5,"to":9},{"from":2,"to":2}]`, "x= Kappa="},
	{"overlaps do not count", "😀 ab", `[{"from":2,"to":3},{"from":3,"to":4},{"from":3,"to":3}]`, "ab="},
	{"half a pair is no position", "😀 😀", `[{"from":0,"to":0},{"from":1,"to":1},{"from":3,"to":3},{"from":4,"to":4},{"from":0,"to":1},{"from":3,"to":4}]`, "😀= 😀="},
	{"the last character", "x 😀", `[{"from":2,"to":2}]`, "😀="},
	{"the last character in UTF-16", "x 😀", `[{"from":2,"to":3}]`, "😀="},
	{"any white space is a boundary", "😀\u3000A\u00a0B", `[{"from":3,"to":3}]`, "A="},

	{"scripts without blanks", "こんにちはKappaです", `[{"from":5,"to":9}]`, "Kappa="},
	{"beyond the basic plane, in UTF-16", "𠮷野家 Kappa x", `[{"from":5,"to":9}]`, "Kappa="},

	{"no text", "", `[{"from":0,"to":0}]`, ""},
}

func TestEmotes(t *testing.T) {
	for _, test := range emoteTests {
		t.Run(test.name, func(t *testing.T) {
			frame := fmt.Sprintf(`{"action":"event","payload":{"eventTypeId":4,"eventPayload":{"replaces":%s,"text":%s}}}`, test.replaces, toJSON(test.text))
			r, err := newDecoder().decode([]byte(frame))
			if err != nil {
				t.Fatal(err)
			}
			if got := emoteList(r); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := string(r.Bytes(record.Text)); got != test.text {
				t.Errorf("the text became %q", got)
			}
			checkFrame(t, []byte(frame))
		})
	}
}

func emoteList(r *record.Record) string {
	var list []string
	for i, word := range r.List(record.Emotes) {
		list = append(list, string(word.Bytes)+"="+string(r.List(record.EmoteURLs)[i].Bytes))
	}
	return strings.Join(list, " ")
}

// TestEmotesInEscapedText checks that positions count characters, not escapes.
func TestEmotesInEscapedText(t *testing.T) {
	frame := `{"action":"event","payload":{"eventTypeId":4,"eventPayload":{"replaces":[{"from":4,"to":8}],"text":"\ud83d\ude00\n\" Kappa"}}}`
	r, err := newDecoder().decode([]byte(frame))
	if err != nil {
		t.Fatal(err)
	}
	if got := emoteList(r); got != "Kappa=" {
		t.Errorf("got %q", got)
	}
}
