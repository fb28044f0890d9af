package history

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"iter"
	"slices"
	"time"

	"github.com/restail/restail/cmd/recording"
)

// elements yields the elements of a JSON array, or the keys and values of a JSON object
// in turn, and whether another one follows. They are parts of text, which must be valid
// JSON. Nothing is copied, so that millions of elements need no memory besides text.
func elements(text []byte) iter.Seq2[[]byte, bool] {
	return func(yield func(element []byte, more bool) bool) {
		depth, begin := 0, 0
		for i := 0; i < len(text); i++ {
			switch c := text[i]; c {
			case '"': // skip the string
				for i++; text[i] != '"'; i++ {
					if text[i] == '\\' {
						i++
					}
				}
			case '[', '{':
				if depth++; depth == 1 {
					begin = i + 1
				}
			case ',', ':', ']', '}':
				more := c == ',' || c == ':'
				if depth == 1 {
					element := bytes.TrimSpace(text[begin:i])
					if len(element) > 0 && !yield(element, more) {
						return
					}
					begin = i + 1
				}
				if !more {
					depth--
				}
			}
		}
	}
}

// member returns the value of a member of a JSON object: the last one of that name, nil
// if there is none or text is not an object. It does not take "Messages" for "messages",
// as a struct would.
func member(text []byte, name string) (value json.RawMessage) {
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return nil
	}
	key, isKey := "", true
	for element := range elements(text) {
		if isKey {
			json.Unmarshal(element, &key) // never fails for a key
		} else if key == name {
			value = element
		}
		isKey = !isKey
	}
	return value
}

// isList reports whether a JSON value is an array, or null for an empty one.
func isList(value []byte) bool {
	return bytes.HasPrefix(value, []byte("[")) || string(value) == "null"
}

// A Message is a message that the API served.
type Message struct {
	recording.HistoryMessage
	// Raw is the message as served: any JSON value.
	Raw json.RawMessage
	// More reports whether another message of the same answer follows.
	More bool
}

func newMessage(raw []byte, more bool) Message {
	m, _ := recording.ParseHistory(raw) // zero for a value that is not an object
	return Message{m, raw, more}
}

// mark identifies a message, to recognize it on the next page.
type mark struct {
	sum uint64
	at  time.Time
}

func (m *Message) mark(seed maphash.Seed) mark {
	return mark{maphash.Bytes(seed, m.Raw), m.Time.UTC()}
}

// firstMarks returns the marks of the first messages of a list, pageSize at most.
func firstMarks(list []byte, seed maphash.Seed) (marks []mark) {
	for raw := range elements(list) {
		if len(marks) == pageSize {
			break
		}
		m := newMessage(raw, false)
		marks = append(marks, m.mark(seed))
	}
	return marks
}

// overlap returns how many messages at the beginning of a page repeat the end of the
// page before. Messages have no ids, and somebody may write the same twice at one time:
// equal messages are the same only if the page repeats all messages of their time.
func overlap(before, page []mark) int {
	for n := min(len(before), len(page)); n > 0; n-- {
		rest := before[:len(before)-n]
		repeatsAll := len(rest) == 0 || rest[len(rest)-1].at != page[0].at
		if repeatsAll && slices.Equal(before[len(rest):], page[:n]) {
			return n
		}
	}
	return 0
}
