package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// message makes a message of "SECOND PLATFORM/CHANNEL AUTHOR TEXT". A value that is
// - is not known.
func message(line string) Message {
	fields := strings.SplitN(strings.NewReplacer("-", "", "/", " ").Replace(line), " ", 5)
	seconds, err := time.ParseDuration(fields[0] + "s")
	if err != nil {
		panic(err)
	}
	return Message{
		Raw: []byte(line), Time: epoch.Add(seconds),
		Platform: fields[1], Channel: fields[2], Author: fields[3], Text: fields[4],
	}
}

var epoch = time.Date(2026, 11, 28, 19, 0, 0, 0, time.UTC)

func messages(lines ...string) (list []Message) {
	for _, line := range lines {
		list = append(list, message(line))
	}
	return list
}

func saidOf(list []Message) (all []said) {
	for _, m := range list {
		all = append(all, newSaid(m.Time, m.Platform, m.Channel, m.Author, m.Text))
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
		"long texts": {
			[]string{"1 twitch/foo ann " + long + "a"},
			[]string{"1 twitch/foo ann " + long + "a", "1 twitch/foo ann " + long + "b"}, []string{"1 twitch/foo ann " + long + "b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newMatcher(saidOf(messages(test.there...))).missing(messages(test.history...))
			if !slices.Equal(lines(got), test.want) {
				t.Errorf("%q is missing, want %q", lines(got), test.want)
			}
		})
	}
}

// TestMissingIsLeast compares the number of pairs with that of a search through all
// pairings, in one page and in several.
func TestMissingIsLeast(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		some := func() (list []Message) {
			for range random.IntN(7) {
				pick := func(values ...string) string { return values[random.IntN(len(values))] }
				list = append(list, message(fmt.Sprintf("%d %s/foo %s %s", random.IntN(8), pick("x", "x", "-"), pick("ann", "ann", "bob", "-"), pick("hi", "hi", "-"))))
			}
			return list
		}
		there, history := some(), some()
		want := len(history) - mostPairs(saidOf(there), saidOf(history))
		cut := random.IntN(len(history) + 1)
		paged := newMatcher(saidOf(there))
		for pages, got := range map[string]int{
			"one page":  len(newMatcher(saidOf(there)).missing(history)),
			"two pages": len(paged.missing(history[:cut])) + len(paged.missing(history[cut:])),
		} {
			if got != want {
				t.Fatalf("%d are missing in %s, want %d: there %q, history %q, cut at %d", got, pages, want, lines(there), lines(history), cut)
			}
		}
	}
}

// mostPairs tries every pairing.
func mostPairs(there, history []said) int {
	if len(history) == 0 {
		return 0
	}
	h, most := history[0], mostPairs(there, history[1:])
	for i, s := range there {
		if apart := s.Time.Sub(h.Time).Abs(); apart <= 2*time.Second && alike(s.Platform, h.Platform) &&
			alike(s.Channel, h.Channel) && alike(s.Author, h.Author) && alike(s.Text, h.Text) {
			most = max(most, 1+mostPairs(slices.Delete(slices.Clone(there), i, i+1), history[1:]))
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
	if got := len(newMatcher(saidOf(there)).missing(history)); got != len(there) {
		t.Errorf("%d are missing, not %d", got, len(there))
	}
}
