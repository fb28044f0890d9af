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

// A log is what a consumer saw, one line for each item.
type log struct {
	lines []string
	links []*Link
	err   error
}

func (l *log) add(item Item) {
	switch {
	case item.Link != nil:
		l.links = append(l.links, item.Link)
		l.lines = append(l.lines, strings.TrimSpace(item.Link.Status+" "+item.Link.Reason))
	case item.Broken != nil:
		l.lines = append(l.lines, "broken: "+item.Broken.Error())
	case item.Frame != nil:
		l.lines = append(l.lines, string(item.Frame))
	}
}

// follow iterates the source until each returns false, and logs the items.
// A nil each goes on to the end.
func follow(ctx context.Context, s Source, each func(l *log, item Item) bool) *log {
	l := &log{}
	for item, err := range s.Items(ctx) {
		if err != nil {
			l.err = err
			continue
		}
		l.add(item)
		if each != nil && !each(l, item) {
			break
		}
	}
	return l
}

// until returns an each for follow that stops after the nth line of that text.
func until(line string, n int) func(*log, Item) bool {
	return func(l *log, _ Item) bool {
		if l.lines[len(l.lines)-1] == line {
			n--
		}
		return n > 0
	}
}

func (l *log) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.lines, want) {
		t.Errorf("the consumer saw\n  %s\nnot\n  %s", strings.Join(l.lines, "\n  "), strings.Join(want, "\n  "))
	}
}

// link returns the nth news of the link.
func (l *log) link(t *testing.T, n int) *Link {
	t.Helper()
	if n >= len(l.links) {
		t.Fatalf("there were only %d news of the link: %q", len(l.links), l.lines)
	}
	return l.links[n]
}

// wallet has tokens: it gives the first, and the next when that is refused.
type wallet struct {
	mu     sync.Mutex
	tokens []string
	err    error // when there are no more
	asked  []string
}

func (w *wallet) Token(_ context.Context, refused string) (string, error) {
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

func fixed(token string) *wallet {
	return &wallet{tokens: []string{token}, err: errors.New("the token is fixed")}
}

// notYet is an error that is worth another try.
type notYet string

func (e notYet) Error() string   { return string(e) }
func (e notYet) Temporary() bool { return true }

// lines returns the frames from number from to number to, 20 bytes each.
func lines(from, to int) []string {
	var all []string
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprintf(`{"action":"n%07d"}`, n))
	}
	return all
}

// within tells whether d is as long as want, give or take.
func within(d, want, tolerance time.Duration) bool {
	return d >= want-tolerance && d <= want+tolerance
}
