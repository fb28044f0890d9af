package history

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"
	"time"
)

// tolerance is how many seconds the stamps of one message, on the socket and in the
// history, can differ.
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

// short replaces a long string by its hash, to save memory. The strings are only
// compared.
func short(s string) string {
	if len(s) <= 64 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// rules are the rules of the pairing, in the order in which they apply. Each returns
// the values that must be equal in both messages of a pair; the others decide in
// [matcher.canPair]. An example, with "?" for a value that is not known:
//
//	received          history
//	1 ann hi          1 ann hi       equal: the first rule pairs them
//	2 ?   thanks      3 bob thanks   a reply: the second rule, since it has the same text
//	5 ann ?           5 ann (wave)   a sticker: the third rule
//	                  6 ann missed   left over
var rules = [...]func(c content) content{
	func(c content) content { c.Time = time.Time{}; return c }, // all values are equal
	func(c content) content { return content{Text: c.Text} },   // the same text
	func(content) content { return content{} },                 // one side lacks the text
}

// A matcher pairs messages of the history with known messages, which were received or
// filled in. It pairs them one to one and at most tolerance seconds apart. With each rule
// it begins with the nearest, and finds as many pairs as possible, by augmenting paths.
// The pairs of one rule stay when it continues with the next.
type matcher struct {
	first, last int64                            // the seconds whose messages the history must have
	known       []*known                         // in the order of their seconds
	byKey       [len(rules)]map[content][]*known // known, by what a rule returns
	waiting     [len(rules)][]Message            // to be paired by that rule
	trail       []*known                         // the messages that the current search has visited
}

// known is a message that must not be written again.
type known struct {
	content
	partner *content // in the history; nil for none
	rule    int      // by which it was paired
	// visited says that a search has been here. It stays after a search that failed,
	// since no later search for the same rule and distance can succeed from here.
	visited bool
}

// newMatcher makes a matcher for a history that must have all messages with Unix times
// from first to last.
func newMatcher(messages []content, first, last int64) *matcher {
	m := &matcher{first: first, last: last}
	for _, c := range messages {
		m.known = append(m.known, &known{content: c})
	}
	slices.SortStableFunc(m.known, func(a, b *known) int { return cmp.Compare(a.Time.Unix(), b.Time.Unix()) })
	for i, key := range rules {
		m.byKey[i] = map[content][]*known{}
		for _, k := range m.known {
			m.byKey[i][key(k.content)] = append(m.byKey[i][key(k.content)], k)
		}
	}
	return m
}

// missing takes the next page of a history, which was read up to the Unix time end. It
// returns the messages without a known partner, in their order. Those of the last seconds
// wait for the next page, which may have a message that is closer to a known one.
func (m *matcher) missing(page []Message, end int64) []Message {
	list := page
	for rule := range rules {
		list = append(m.waiting[rule], list...)
		n := slices.IndexFunc(list, func(message Message) bool { return message.Time.Unix() >= end })
		if n < 0 {
			n = len(list)
		}
		m.waiting[rule] = list[n:]
		list = m.unpaired(list[:n], rule)
		end -= 2 * tolerance // each of two messages that can pair with one known message is within tolerance of it
	}
	return list
}

// unpaired pairs messages by a rule, and returns the others.
func (m *matcher) unpaired(list []Message, rule int) []Message {
	for within := int64(0); within <= tolerance && len(list) > 0; within++ {
		for _, k := range m.known {
			k.visited = false
		}
		var left []Message
		for _, message := range list {
			c := message.content()
			m.trail = m.trail[:0]
			if !m.pair(&c, rule, within) {
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

// pair finds a partner for a message. To free one, it may move other messages to
// other partners.
func (m *matcher) pair(c *content, rule int, within int64) bool {
	for k := range m.candidates(c, rule, within) {
		if k.partner == nil {
			k.partner, k.rule = c, rule
			return true
		}
	}
	for k := range m.candidates(c, rule, within) {
		if k.visited {
			continue
		}
		k.visited = true
		m.trail = append(m.trail, k)
		if m.pair(k.partner, rule, within) {
			k.partner = c
			return true
		}
	}
	return false
}

// candidates yields the known messages that a rule can pair with c, at most within
// seconds apart. It leaves out those that another rule has paired.
func (m *matcher) candidates(c *content, rule int, within int64) iter.Seq[*known] {
	return func(yield func(*known) bool) {
		list, second := m.byKey[rule][rules[rule](*c)], c.Time.Unix()
		from, _ := slices.BinarySearchFunc(list, second-within, func(k *known, second int64) int {
			return cmp.Compare(k.Time.Unix(), second)
		})
		for _, k := range list[from:] {
			if k.Time.Unix() > second+within {
				return
			}
			if (k.partner == nil || k.rule == rule) && m.canPair(k, c) && !yield(k) {
				return
			}
		}
	}
}

// canPair reports whether a known message and one of the history can be the same: all
// values that both know are equal.
//
// If only one of them has a text, two more conditions apply. The known message must lie
// between first and last. Otherwise the history may not have it, and c could be any
// message of its author. And the message without a text, such as a sticker, must not be
// the only one with an author: the other one is a reply then, which has a text.
func (m *matcher) canPair(k *known, c *content) bool {
	if k.Text != c.Text {
		withoutText, withText, second := &k.content, c, k.Time.Unix()
		if c.Text == "" {
			withoutText, withText = withText, withoutText
		}
		if withoutText.Text != "" || second < m.first || second > m.last || withoutText.Author != "" && withText.Author == "" {
			return false
		}
	}
	return matches(k.Platform, c.Platform) && matches(k.Channel, c.Channel) && matches(k.Author, c.Author)
}

// matches reports whether two values are equal. One that is not known equals any.
func matches(a, b string) bool { return a == b || a == "" || b == "" }
