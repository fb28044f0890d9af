package history

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"math"
	"slices"
	"time"
)

// tolerance is how many seconds apart the stamps of one message can be on the
// socket and in the history.
const tolerance = 2

// said is what a message says, on the socket or in the history. A value that is
// not known is "". Times are compared by the second: the socket has nothing finer.
type said struct {
	Time     time.Time `json:"time"`
	Platform string    `json:"platform,omitempty"`
	Channel  string    `json:"channel,omitempty"`
	Author   string    `json:"author,omitempty"`
	Text     string    `json:"text,omitempty"`
}

func newSaid(at time.Time, platform, channel, author, text string) said {
	if platform == "unknown" {
		platform = ""
	}
	return said{at.UTC().Round(0), short(platform), short(channel), short(author), short(text)}
}

// short replaces a long string by its hash, so that large messages need no memory.
// Short strings are only compared.
func short(s string) string {
	if len(s) <= 64 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// A matcher pairs messages of the history with those that are there already, one
// to one and as many as possible: a maximum bipartite matching by augmenting paths.
// The messages of the history may come page by page. Once one is paired it stays
// paired, though with another message perhaps.
type matcher struct {
	there   []said // in the order of their seconds
	all     []int  // the indices of there
	byText  map[string][]int
	partner []*said // of each message that is there; nil for none
	// visited marks what the search has seen. A search that fails leaves its
	// marks: no later one can succeed from there.
	visited []bool
	trail   []int // what this search has marked
}

// newMatcher makes a matcher, which owns there.
func newMatcher(there []said) *matcher {
	m := &matcher{there: there, byText: map[string][]int{}, partner: make([]*said, len(there)), visited: make([]bool, len(there))}
	slices.SortStableFunc(m.there, func(a, b said) int { return cmp.Compare(a.Time.Unix(), b.Time.Unix()) })
	for v, s := range m.there {
		m.all = append(m.all, v)
		m.byText[s.Text] = append(m.byText[s.Text], v)
	}
	return m
}

// missing returns the messages of a page that are left over. Those that resemble a
// message closely are paired first, so that the least likely doubles are left over.
func (m *matcher) missing(page []Message) []Message {
	type wanted struct {
		index, distance int
		said            *said
	}
	var order []wanted
	for i, message := range page {
		s := newSaid(message.Time, message.Platform, message.Channel, message.Author, message.Text)
		if distance := m.distance(&s); distance < math.MaxInt {
			order = append(order, wanted{i, distance, &s})
		}
	}
	slices.SortStableFunc(order, func(a, b wanted) int { return cmp.Compare(a.distance, b.distance) })
	paired := make([]bool, len(page))
	for _, w := range order {
		m.trail = m.trail[:0]
		if paired[w.index] = m.pair(w.said); paired[w.index] {
			for _, v := range m.trail {
				m.visited[v] = false
			}
		}
	}
	var left []Message
	for i, message := range page {
		if !paired[i] {
			left = append(left, message)
		}
	}
	return left
}

// pair finds a partner for a message. Others may change theirs for it.
func (m *matcher) pair(s *said) bool {
	for v := range m.candidates(s) {
		if m.partner[v] == nil {
			m.partner[v] = s
			return true
		}
	}
	for v := range m.candidates(s) {
		if m.visited[v] {
			continue
		}
		m.visited[v] = true
		m.trail = append(m.trail, v)
		if m.pair(m.partner[v]) {
			m.partner[v] = s
			return true
		}
	}
	return false
}

// distance says how much a message differs from the candidate most like it: by the
// number of values that only one of them has, then by the seconds between them. It
// is [math.MaxInt] without a candidate.
func (m *matcher) distance(s *said) int {
	least := math.MaxInt
	for v := range m.candidates(s) {
		t := &m.there[v]
		d := int(max(s.Time.Unix()-t.Time.Unix(), t.Time.Unix()-s.Time.Unix()))
		for _, differs := range []bool{s.Platform != t.Platform, s.Channel != t.Channel, s.Author != t.Author, s.Text != t.Text} {
			if differs {
				d += tolerance + 1
			}
		}
		if least = min(least, d); least == 0 {
			break
		}
	}
	return least
}

// candidates yields the indices of the messages that may be the same one.
func (m *matcher) candidates(s *said) iter.Seq[int] {
	return func(yield func(int) bool) {
		lists := [][]int{m.all}
		if s.Text != "" {
			lists = [][]int{m.byText[s.Text], m.byText[""]}
		}
		first, last := s.Time.Unix()-tolerance, s.Time.Unix()+tolerance
		for _, list := range lists {
			from, _ := slices.BinarySearchFunc(list, first, func(v int, second int64) int {
				return cmp.Compare(m.there[v].Time.Unix(), second)
			})
			for _, v := range list[from:] {
				t := &m.there[v]
				if t.Time.Unix() > last {
					break
				}
				if alike(s.Platform, t.Platform) && alike(s.Channel, t.Channel) && alike(s.Author, t.Author) && !yield(v) {
					return
				}
			}
		}
	}
}

// alike reports whether two values are equal. One that is not known equals any.
func alike(a, b string) bool { return a == b || a == "" || b == "" }
