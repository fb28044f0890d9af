package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The connection actions that tests send by a short name.
const (
	infoFrame     = `{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-x","connectionUuid":"u","eventSourceId":2,"reason":null,"status":"connected","target":{},"userId":1},"timestamp":1740152273}`
	replacedFrame = `{"action":"connection_closed","payload":{"connectionUuid":"u","reason":"replaced"},"timestamp":1740152273}`
)

// frame returns the frame that a message stands for: a bare word is the name of
// an action, or short for a connection action. Anything else is sent as it is.
func frame(message string) string {
	switch {
	case message == "info":
		return infoFrame
	case message == "replaced":
		return replacedFrame
	case message == "" || strings.ContainsFunc(message, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }):
		return message
	}
	return `{"action":"` + message + `"}`
}

// word returns the message that stands for an action's frame.
func word(item Item) string {
	switch f := string(item.Action.Frame()); f {
	case infoFrame:
		return "info"
	case replacedFrame:
		return "replaced"
	}
	if _, rest, ok := strings.Cut(string(item.Action.Frame()), `"connectionIdentifier":"info`); ok {
		stamp, _, _ := strings.Cut(rest, `"`)
		return "info" + stamp
	}
	return string(item.Action.Name())
}

// A log is what a consumer saw: one line for each item that is not a tick.
type log struct {
	lines    []string
	frames   []string // of all actions and broken frames
	links    []*LinkEvent
	received map[string]time.Time // by line; the last one counts
	complete map[string]time.Time // by line: CompleteUntil
	ticks    []time.Time          // CompleteUntil of ticks
	err      error
}

// add adds an item and reports whether it was more than a tick.
func (l *log) add(item Item) bool {
	line := ""
	switch {
	case item.Link != nil:
		l.links = append(l.links, item.Link)
		line = strings.TrimSpace(item.Link.Status + " " + item.Link.Reason)
	case item.Broken != nil:
		l.frames = append(l.frames, string(item.Frame))
		line = "broken"
		if tooLong := (*TooLongError)(nil); errors.As(item.Broken, &tooLong) {
			line = tooLong.Error()
		}
	case item.Action != nil:
		l.frames = append(l.frames, string(item.Action.Frame()))
		line = word(item)
	case item.Line != nil && item.Line.Kind == "":
		line = "record " + string(item.Line.Action())
	case item.Line != nil:
		line = "own " + item.Line.Kind
	case item.Notice != "":
		line = "notice: " + item.Notice
	default:
		l.ticks = append(l.ticks, item.CompleteUntil)
		return false
	}
	l.lines = append(l.lines, line)
	if l.received == nil {
		l.received, l.complete = map[string]time.Time{}, map[string]time.Time{}
	}
	l.received[line], l.complete[line] = item.Received, item.CompleteUntil
	return true
}

func (l *log) last() string { return l.lines[len(l.lines)-1] }

// follow iterates the source until each returns false, and logs the items. A
// nil each goes on to the end.
func follow(ctx context.Context, s Source, each func(l *log, item Item) bool) *log {
	l := &log{}
	for item, err := range s.Items(ctx) {
		if err != nil {
			l.err = err
			continue
		}
		if l.add(item) && each != nil && !each(l, item) {
			break
		}
	}
	return l
}

// until returns an each for follow that stops after the nth line of that text.
func until(line string, n int) func(*log, Item) bool {
	return func(l *log, _ Item) bool {
		if l.last() == line {
			n--
		}
		return n > 0
	}
}

func (l *log) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.lines, want) {
		t.Errorf("the consumer saw\n  %s\nwant\n  %s", strings.Join(l.lines, "\n  "), strings.Join(want, "\n  "))
	}
}

// link returns the nth link event.
func (l *log) link(t *testing.T, n int) *LinkEvent {
	t.Helper()
	if n >= len(l.links) {
		t.Fatalf("there were only %d link events: %q", len(l.links), l.lines)
	}
	return l.links[n]
}

// tokenList has tokens: it gives the first, and the next when that is refused.
type tokenList struct {
	mu     sync.Mutex
	tokens []string
	err    error // when there are no more
	asked  []string
}

func (w *tokenList) Token(_ context.Context, refused string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, refused)
	if refused != "" && len(w.tokens) > 0 {
		w.tokens = w.tokens[1:]
	}
	if len(w.tokens) == 0 {
		return "", w.err
	}
	return w.tokens[0], nil
}

func fixed(token string) *tokenList {
	return &tokenList{tokens: []string{token}, err: errors.New("the token is fixed")}
}

// temporary is an error that is worth another try.
type temporary string

func (e temporary) Error() string   { return string(e) }
func (e temporary) Temporary() bool { return true }

// numbered returns the messages from number from to number to.
func numbered(from, to int) []string {
	var all []string
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprintf("n%07d", n))
	}
	return all
}

// within reports whether d differs from want by no more than the tolerance.
func within(d, want, tolerance time.Duration) bool {
	return d >= want-tolerance && d <= want+tolerance
}

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
