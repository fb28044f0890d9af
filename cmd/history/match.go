package history

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"
	"time"
)

// tolerance is how many seconds apart the stamps of one message can be on the
// socket and in the history.
const tolerance = 2

// content is what a message says, on the socket or in the history. A value that is not
// known is "". Times are compared by the second: the socket has no fractions.
type content struct {
	Time     time.Time `json:"time"`
	Platform string    `json:"platform,omitempty"`
	Channel  string    `json:"channel,omitempty"`
	Author   string    `json:"author,omitempty"`
	Text     string    `json:"text,omitempty"`
}

func newContent(at time.Time, platform, channel, author, text string) content {
	if platform == "unknown" {
		platform = ""
	}
	return content{at.UTC().Round(0), short(platform), short(channel), short(author), short(text)}
}

func (m *Message) content() content {
	return newContent(m.Time, m.Platform, m.Channel, m.Author, m.Text)
}

// values returns what was said without the time.
func (s content) values() content {
	s.Time = time.Time{}
	return s
}

// short replaces a long string by its hash, to save memory. The strings are only
// compared.
func short(s string) string {
	if len(s) <= 64 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// likeness is how much two messages must have in common to be paired.
type likeness int

const (
	equal    likeness = iota // all values
	sameText                 // the text, and those values that both sides know
	alike                    // those values that both sides know
)

// A matcher pairs messages of the history with known ones, which were received or
// filled in, one to one and at most tolerance seconds apart. It pairs equal messages
// first, then those with the same text, then those that are alike, and each time the
// nearest first. The pairs of one likeness stay when it goes on to the next. For each
// it finds as many pairs as possible, by augmenting paths.
type matcher struct {
	first, last int64    // the seconds whose messages the history must have
	known       []*known // in the order of their seconds
	byValues    map[content][]*known
	waiting     [alike + 1][]Message // to be paired by that likeness
	trail       []*known             // what the search under way has visited
}

// known is a message that must not be written again.
type known struct {
	content
	partner  *content // in the history; nil for none
	likeness likeness
	// visited marks what a search has seen. A search that fails leaves its marks: no
	// later one of its kind can succeed from there.
	visited bool
}

// newMatcher makes a matcher for a history that must have all messages from the
// second first to last.
func newMatcher(there []content, first, last int64) *matcher {
	m := &matcher{first: first, last: last, byValues: map[content][]*known{}}
	for _, s := range there {
		m.known = append(m.known, &known{content: s})
	}
	slices.SortStableFunc(m.known, func(a, b *known) int { return cmp.Compare(a.Time.Unix(), b.Time.Unix()) })
	for _, k := range m.known {
		m.byValues[k.values()] = append(m.byValues[k.values()], k)
	}
	return m
}

// missing takes the next page of a history, which was read up to the second read. It
// returns the messages that nobody has, in their order. Those of the last seconds wait
// for the next page: it may have a message that is closer to a known one.
func (m *matcher) missing(page []Message, read int64) []Message {
	list := m.unpaired(page, equal)
	for l := sameText; l <= alike; l++ {
		read -= 2 * tolerance // for all pairs that have a known message in common
		list = append(m.waiting[l], list...)
		n := slices.IndexFunc(list, func(message Message) bool { return message.Time.Unix() >= read })
		if n < 0 {
			n = len(list)
		}
		m.waiting[l] = list[n:]
		list = m.unpaired(list[:n], l)
	}
	return list
}

// unpaired pairs messages of that likeness, and returns the others.
func (m *matcher) unpaired(list []Message, l likeness) []Message {
	for within := int64(0); within <= tolerance && len(list) > 0; within++ {
		for _, k := range m.known {
			k.visited = false
		}
		var left []Message
		for _, message := range list {
			s := message.content()
			m.trail = m.trail[:0]
			if !m.pair(&s, l, within) {
				left = append(left, message)
				continue
			}
			for _, k := range m.trail {
				k.visited = false
			}
		}
		list = left
	}
	return list
}

// pair finds a partner for a message. Others may change theirs for it.
func (m *matcher) pair(s *content, l likeness, within int64) bool {
	for k := range m.candidates(s, l, within) {
		if k.partner == nil {
			k.partner, k.likeness = s, l
			return true
		}
	}
	for k := range m.candidates(s, l, within) {
		if k.visited {
			continue
		}
		k.visited = true
		m.trail = append(m.trail, k)
		if m.pair(k.partner, l, within) {
			k.partner = s
			return true
		}
	}
	return false
}

// candidates yields the known messages of that likeness, at most that many seconds
// apart, except those that already have a partner of another likeness.
func (m *matcher) candidates(s *content, l likeness, within int64) iter.Seq[*known] {
	return func(yield func(*known) bool) {
		list, second := m.known, s.Time.Unix()
		if l == equal {
			list = m.byValues[s.values()]
		}
		from, _ := slices.BinarySearchFunc(list, second-within, func(k *known, second int64) int {
			return cmp.Compare(k.Time.Unix(), second)
		})
		for _, k := range list[from:] {
			if k.Time.Unix() > second+within {
				return
			}
			if (k.partner == nil || k.likeness == l) && m.canBe(k, s, l) && !yield(k) {
				return
			}
		}
	}
}

// canBe reports whether a known message can be one of the history. Where only one of them
// has a text, the known one must lie in the stretch: otherwise the history may not have
// it, and this could be any message of its author. The one without a text must not be
// the only one with an author: a reply has none, and it is not a sticker.
func (m *matcher) canBe(k *known, s *content, l likeness) bool {
	if k.Text != s.Text {
		fewer, more, second := &k.content, s, k.Time.Unix()
		if s.Text == "" {
			fewer, more = more, fewer
		}
		if l != alike || fewer.Text != "" || second < m.first || second > m.last || fewer.Author != "" && more.Author == "" {
			return false
		}
	}
	return matches(k.Platform, s.Platform) && matches(k.Channel, s.Channel) && matches(k.Author, s.Author)
}

// matches reports whether two values are equal. One that is not known equals any.
func matches(a, b string) bool { return a == b || a == "" || b == "" }
