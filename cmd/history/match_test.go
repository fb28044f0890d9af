package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/recording"
)

// message makes a message of "SECOND PLATFORM/CHANNEL AUTHOR TEXT". A value that is
// - is not known.
func message(line string) Message {
	fields := strings.SplitN(strings.NewReplacer("-", "", "/", " ").Replace(line), " ", 5)
	seconds, err := time.ParseDuration(fields[0] + "s")
	if err != nil {
		panic(err)
	}
	return Message{Raw: []byte(line), HistoryMessage: recording.HistoryMessage{
		Time: epoch.Add(seconds), Platform: fields[1], Channel: fields[2], Author: fields[3], Text: fields[4],
	}}
}

var epoch = time.Date(2026, 11, 28, 19, 0, 0, 0, time.UTC)

func messages(lines ...string) (list []Message) {
	for _, line := range lines {
		list = append(list, message(line))
	}
	return list
}

func contentsOf(list []Message) (all []content) {
	for _, m := range list {
		all = append(all, m.content())
	}
	return all
}

// lines returns the messages as they were written.
func lines(list []Message) (all []string) {
	for _, m := range list {
		all = append(all, string(m.Raw))
	}
	return all
}

func TestMissing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 100)
	for name, test := range map[string]struct{ there, history, want []string }{
		"nothing is there": {nil, []string{"1 twitch/foo ann hi"}, []string{"1 twitch/foo ann hi"}},
		"the same":         {[]string{"1 twitch/foo ann hi"}, []string{"1 twitch/foo ann hi"}, nil},
		"two seconds": {
			[]string{"3 twitch/foo ann hi", "13 twitch/foo ann hi"},
			[]string{"1 twitch/foo ann hi", "15 twitch/foo ann hi"}, nil,
		},
		"three seconds": {
			[]string{"3 twitch/foo ann hi"},
			[]string{"0 twitch/foo ann hi", "6 twitch/foo ann hi"},
			[]string{"0 twitch/foo ann hi", "6 twitch/foo ann hi"},
		},
		"the socket has whole seconds": {[]string{"3 twitch/foo ann hi"}, []string{"5.9 twitch/foo ann hi"}, nil},
		"another platform":             {[]string{"1 twitch/foo ann hi"}, []string{"1 kick/foo ann hi"}, []string{"1 kick/foo ann hi"}},
		"another channel":              {[]string{"1 twitch/foo ann hi"}, []string{"1 twitch/bar ann hi"}, []string{"1 twitch/bar ann hi"}},
		"another author":               {[]string{"1 twitch/foo ann hi"}, []string{"1 twitch/foo bob hi"}, []string{"1 twitch/foo bob hi"}},
		"another text":                 {[]string{"1 twitch/foo ann hi"}, []string{"1 twitch/foo ann ho"}, []string{"1 twitch/foo ann ho"}},
		"the history lacks values":     {[]string{"1 twitch/foo ann hi"}, []string{"1 -/- - -"}, nil},
		"the socket lacks values":      {[]string{"1 -/- - -"}, []string{"1 twitch/foo ann hi"}, nil},
		"an unknown platform":          {[]string{"1 unknown/foo ann hi"}, []string{"1 twitch/foo ann hi"}, nil},
		"both lack some": {
			[]string{"1 twitch/- ann hi"},
			[]string{"1 -/foo ann hi", "1 kick/foo ann hi"}, []string{"1 kick/foo ann hi"},
		},
		"one to one": {
			[]string{"1 twitch/foo ann hi", "1 twitch/foo ann hi"},
			[]string{"0 twitch/foo ann hi", "1 twitch/foo ann hi", "1 twitch/foo ann hi"}, []string{"0 twitch/foo ann hi"},
		},
		"the nearest is the double": {
			[]string{"2 twitch/foo ann hi"},
			[]string{"0 twitch/foo ann hi", "3 twitch/foo ann hi"}, []string{"0 twitch/foo ann hi"},
		},
		"the most alike is the double": {
			[]string{"2 twitch/foo ann hi"},
			[]string{"2 twitch/foo ann -", "4 twitch/foo ann hi"}, []string{"2 twitch/foo ann -"},
		},
		"as many as possible": { // the first must leave its nearest to the second
			[]string{"2 twitch/foo ann hi", "4 twitch/foo ann hi"},
			[]string{"0 twitch/foo ann hi", "2 twitch/foo ann hi"}, nil,
		},
		"a chain": {
			[]string{"2 twitch/foo ann hi", "4 twitch/foo ann hi", "6 twitch/foo ann hi", "8 twitch/foo ann hi"},
			[]string{"6 twitch/foo ann hi", "4 twitch/foo ann hi", "2 twitch/foo ann hi", "0 twitch/foo ann hi"}, nil,
		},
		"equal messages stay paired": {
			[]string{"0 -/- - hi", "4 twitch/foo ann hi"},
			[]string{"2 twitch/foo ann hi", "6 -/foo ann hi"}, []string{"6 -/foo ann hi"},
		},
		"a sticker is its own entry": {
			[]string{"2 twitch/foo ann -", "2 twitch/foo ann hi"},
			[]string{"2 twitch/foo ann missed", "2 twitch/foo ann -"}, []string{"2 twitch/foo ann missed"},
		},
		"a sticker is its own entry though that lacks values": {
			[]string{"2 twitch/foo ann -"},
			[]string{"2 twitch/foo ann missed", "4 -/- ann -"}, []string{"2 twitch/foo ann missed"},
		},
		"the history has a text for the sticker": {
			[]string{"2 twitch/foo ann -", "2 twitch/foo ann hi"},
			[]string{"2 twitch/foo ann hi", "2 twitch/foo ann (wave)"}, nil,
		},
		"a sticker that need not be in the history": {
			[]string{"0 twitch/foo ann -", "100 twitch/foo ann -"},
			[]string{"2 twitch/foo ann a", "98 twitch/foo ann b"}, []string{"2 twitch/foo ann a", "98 twitch/foo ann b"},
		},
		"a sticker that must be in the history": {
			[]string{"1 twitch/foo ann -", "99 twitch/foo ann -"},
			[]string{"2 twitch/foo ann a", "98 twitch/foo ann b"}, nil,
		},
		"a sticker that need not be in the history is there": {
			[]string{"0 twitch/foo ann -"}, []string{"0 -/foo ann -"}, nil,
		},
		"a missed sticker beside a text that need not be in the history": {
			[]string{"0 twitch/foo ann hi"}, []string{"1 twitch/foo ann -"}, []string{"1 twitch/foo ann -"},
		},
		"a reply is not a sticker": {
			[]string{"2 -/- - hi"}, []string{"2 twitch/foo ann -"}, []string{"2 twitch/foo ann -"},
		},
		"long texts": {
			[]string{"1 twitch/foo ann " + long + "a"},
			[]string{"1 twitch/foo ann " + long + "a", "1 twitch/foo ann " + long + "b"}, []string{"1 twitch/foo ann " + long + "b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := missing(messages(test.there...), messages(test.history...))
			if !slices.Equal(lines(got), test.want) {
				t.Errorf("%q is missing, want %q", lines(got), test.want)
			}
		})
	}
}

// missing returns what is missing in a stretch from second 1 to 99.
func missing(there, history []Message, cuts ...int) (left []Message) {
	m := newMatcher(contentsOf(there), epoch.Unix()+1, epoch.Unix()+99)
	for _, cut := range cuts {
		page := history[:cut]
		history = history[cut:]
		left = append(left, m.missing(page, page[cut-1].Time.Unix())...)
	}
	return append(left, m.missing(history, math.MaxInt64)...)
}

// TestFewestAreMissing compares the number of pairs with that of a search through all
// pairings, where all values are known.
func TestFewestAreMissing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		there, history := randomMessages(random, "ann", "bob"), randomMessages(random, "ann", "bob")
		want := len(history) - mostPairs(contentsOf(there), contentsOf(history), matches)
		for _, cuts := range randomCuts(random, history) {
			if got := missing(there, history, cuts...); len(got) != want {
				t.Fatalf("%q are missing, want %d: there %q, history %q, cut at %v", lines(got), want, lines(there), lines(history), cuts)
			}
		}
	}
}

// TestValuesThatAreNotKnown checks that equal messages are paired before others, and
// how many pairs are possible at most.
func TestValuesThatAreNotKnown(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		there, history := randomMessages(random, "ann", "-"), randomMessages(random, "ann", "-")
		least := len(history) - mostPairs(contentsOf(there), contentsOf(history), matches)
		most := len(history) - mostPairs(contentsOf(there), contentsOf(history), func(a, b string) bool { return a == b })
		for _, cuts := range randomCuts(random, history) {
			if got := missing(there, history, cuts...); len(got) < least || len(got) > most {
				t.Fatalf("%q are missing, want %d to %d: there %q, history %q, cut at %v", lines(got), least, most, lines(there), lines(history), cuts)
			}
		}
	}
}

// TestEqualMessageOnNextPage checks that a page does not decide on a message of its
// last seconds.
func TestEqualMessageOnNextPage(t *testing.T) {
	t.Parallel()
	there := messages("14 twitch/foo ann -")
	history := messages("12 twitch/foo ann missed", "16 twitch/foo ann -", "17 twitch/foo ann end")
	for _, cut := range []int{1, 2} {
		if got := lines(missing(there, history, cut)); !slices.Equal(got, []string{"12 twitch/foo ann missed", "17 twitch/foo ann end"}) {
			t.Errorf("%q are missing when the first page has %d", got, cut)
		}
	}
}

// randomMessages makes up to six messages of a few seconds.
func randomMessages(random *rand.Rand, authors ...string) (list []Message) {
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	for range random.IntN(7) {
		platform, text := "x", pick("hi", "ho")
		if slices.Contains(authors, "-") {
			platform, text = pick("x", "x", "-"), pick("hi", "hi", "ho", "-")
		}
		list = append(list, message(fmt.Sprintf("%d %s/foo %s %s", random.IntN(8), platform, pick(authors...), text)))
	}
	return list
}

// randomCuts returns no cut, and one into pages that are not empty.
func randomCuts(random *rand.Rand, history []Message) [][]int {
	if len(history) < 2 {
		return [][]int{nil}
	}
	return [][]int{nil, {1 + random.IntN(len(history)-1)}}
}

// mostPairs tries every pairing of messages whose values are the same.
func mostPairs(there, history []content, same func(a, b string) bool) int {
	if len(history) == 0 {
		return 0
	}
	h, most := history[0], mostPairs(there, history[1:], same)
	for i, s := range there {
		if apart := s.Time.Sub(h.Time).Abs(); apart <= 2*time.Second && same(s.Platform, h.Platform) &&
			same(s.Channel, h.Channel) && same(s.Author, h.Author) && same(s.Text, h.Text) {
			most = max(most, 1+mostPairs(slices.Delete(slices.Clone(there), i, i+1), history[1:], same))
		}
	}
	return most
}

// TestFloodOfEqualMessages runs into the test's timeout if a search without success
// is made again for each message.
func TestFloodOfEqualMessages(t *testing.T) {
	t.Parallel()
	var there, history []Message
	for i := range 2000 {
		same := message(fmt.Sprintf("%d twitch/foo ann hi", i%4))
		there, history = append(there, same), append(history, same, same)
	}
	if got := len(missing(there, history)); got != len(there) {
		t.Errorf("%d are missing, not %d", got, len(there))
	}
}
