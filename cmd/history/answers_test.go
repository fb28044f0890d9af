package history

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzAnswers: whatever the API answers, reading ends, with messages as they were
// served and an error that says no secret.
func FuzzAnswers(f *testing.F) {
	f.Add(page("p1", "a", "b").body, page("", "c").body, 200, "", int64(1777662002))
	f.Add(page("p1", "a").body, page("p1", "a").body, 200, "", int64(0))
	f.Add(`{"messages":[{"timestamp":"2026-05-01T21:00:02.5+02:00"},{},null,"x",7],"nextPageToken":null}`, ``, 200, "", int64(-5))
	f.Add(`{"error":{"message":"token-1 is bad\u001b[31m"}}`, `[]`, 401, "", int64(9))
	f.Add(`{"messages":[],"nextPageToken":"\ud800"}`, "\ufeff{}", 429, "1", int64(9))
	f.Add(`<html>token-2`, `[{"id":"`+broadcast+`","startedAt":5}]`, 503, "x", int64(9))
	f.Fuzz(func(t *testing.T, first, second string, status int, after string, from int64) {
		if status < 100 || status > 599 {
			status = 200
		}
		if strings.ContainsAny(after, "0123456789") {
			after = "0" // not to wait
		}
		header := http.Header{"Retry-After": {after}}
		c, a := client(t, answer{status: status, header: header, body: first}, answer{body: second})
		c.o.MaxBackoff, c.o.Retries = time.Millisecond, 1
		for m, err := range c.Messages(t.Context(), broadcast, time.Unix(from, 0)) {
			if err != nil {
				checkError(t, err)
				break
			}
			if !json.Valid(m.Raw) || !strings.Contains(first+second, string(m.Raw)) {
				t.Errorf("a message that was not served: %s", m.Raw)
			}
		}
		if len(a.asked) > 6 {
			t.Errorf("asked %d times", len(a.asked))
		}
		if id, ok, err := c.InProgress(t.Context()); err != nil {
			checkError(t, err)
		} else if ok && !IsUUID(id) && !strings.Contains(first+second, `"`) {
			t.Errorf("the broadcast %q comes from nowhere", id)
		}
	})
}

// checkError checks that an error has a reason, and tells no secret.
func checkError(t *testing.T, err error) {
	t.Helper()
	if verdict(err) == err.Error() {
		t.Errorf("an error of no kind: %v", err)
	}
	if strings.Contains(err.Error(), "token-1") {
		t.Errorf("an error tells a token: %v", err)
	}
}

// FuzzEdge: whatever a state file remembers of the last seconds, a run begins, and
// what it saves is read again.
func FuzzEdge(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"last":"2026-05-01T19:00:00Z","broadcast":"` + broadcast + `","said":[{"time":"2026-05-01T19:00:00Z","text":"a"}]}`))
	f.Add([]byte(`[{"time":1e999}]`))
	f.Fuzz(func(t *testing.T, edge []byte) {
		now := time.Date(2026, 5, 1, 19, 0, 0, 0, time.UTC)
		b := NewBackfill(BackfillOptions{Edge: edge})
		b.Restored(now, time.Minute)
		saved := b.Edge(now)
		if saved != nil && !json.Valid(saved) {
			t.Errorf("saved %q", saved)
		}
		NewBackfill(BackfillOptions{Edge: saved}).Restored(now, time.Minute)
	})
}
