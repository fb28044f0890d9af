package history

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRefusals(t *testing.T) {
	ok := page("", "a")
	after := http.Header{"Retry-After": {"700"}}
	fail := func(status int) answer { return answer{status: status} }
	tests := []struct {
		name    string
		answers []answer
		failed  string // reason and status; "" when the message comes
		says    string
		tokens  string        // of the requests
		wait    time.Duration // exactly; 0 for any that backoff can give
	}{
		{name: "401 once", answers: []answer{fail(401), ok}, tokens: "1 2"},
		{name: "401 twice", answers: []answer{fail(401)}, failed: "unauthorized 3", says: "https://api.example.com answered 401 Unauthorized", tokens: "1 2"},
		{name: "401 on each page", answers: []answer{fail(401), page("p1"), fail(401), ok}, tokens: "1 2 2 3"},
		{name: "403", answers: []answer{fail(403)}, failed: "insufficient_scope 3", says: "scope chat.read", tokens: "1"},
		{name: "404", answers: []answer{fail(404)}, failed: "not_found 1", says: "chat history of " + broadcast + ": https://api.example.com answered 404 Not Found", tokens: "1"},
		{name: "400", answers: []answer{{status: 400, body: "bad\n pageSize"}}, failed: "protocol 1", says: "400 Bad Request: bad pageSize", tokens: "1"},
		{name: "a redirect", answers: []answer{{status: 302, header: http.Header{"Location": {"https://other.example.com/"}}}}, failed: "protocol 1", says: "redirect", tokens: "1"},
		{name: "a choice", answers: []answer{{status: 300, body: ok.body}}, failed: "protocol 1", says: "300 Multiple Choices", tokens: "1"},
		{name: "429 without Retry-After", answers: []answer{fail(429), ok}, tokens: "1 1"},
		{name: "429 with Retry-After", answers: []answer{{status: 429, header: after}, ok}, tokens: "1 1", wait: 700 * time.Second},
		{name: "503 with Retry-After", answers: []answer{{status: 503, header: after}, ok}, tokens: "1 1", wait: 700 * time.Second},
		{name: "429 for ever", answers: []answer{fail(429)}, failed: "rate_limited 4", says: "given up after 3 tries: https://api.example.com answered 429 Too Many Requests", tokens: "1 1 1"},
		{name: "500 for ever", answers: []answer{fail(500)}, failed: "server_error 4", says: "given up after 3 tries", tokens: "1 1 1"},
		{name: "500 for a while", answers: []answer{fail(500), fail(599), page("p1"), fail(500), fail(502), ok}, tokens: "1 1 1 1 1 1"},
		{name: "500, 401", answers: []answer{fail(500), fail(401), ok}, tokens: "1 1 2"},
		{name: "no network", answers: []answer{{err: io.ErrUnexpectedEOF}}, failed: "network 4", says: "cannot reach https://api.example.com: unexpected EOF", tokens: "1 1 1"},
		{name: "no network for a moment", answers: []answer{{err: io.ErrUnexpectedEOF}, ok}, tokens: "1 1"},
		{name: "no answer", answers: []answer{{hangs: true}, ok}, tokens: "1 1"},
		{name: "never an answer", answers: []answer{{hangs: true}}, failed: "network 4", says: "did not answer within 15s", tokens: "1 1 1"},
		{name: "a secret", answers: []answer{{status: 404, body: "no token-1 " + strings.Repeat("é", 150)}}, failed: "not_found 1", says: ": no [redacted] é", tokens: "1"},
		{name: "a web page", answers: []answer{{status: 404, body: "<html>", header: http.Header{"Content-Type": {"text/html"}}}}, failed: "not_found 1", says: "404 Not Found", tokens: "1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				c, a := client(t, test.answers...)
				retries := 0
				c.o.Retrying = func(why string, wait time.Duration) {
					if retries++; why == "" || wait <= 0 || strings.Contains(why, "\n") {
						t.Errorf("retrying after %v: %s", wait, why)
					}
				}
				got, err := read(t, c, time.Time{})
				if verdict(err) != test.failed || (err == nil) != (got == "a") {
					t.Errorf("got %q, %v", got, err)
				}
				if err != nil && (!strings.Contains(err.Error(), test.says) || strings.ContainsAny(err.Error(), "\n<") || strings.Contains(err.Error(), "token-") || len(err.Error()) > 400) {
					t.Errorf("it says %s", err)
				}
				var want []string
				for n := range strings.SplitSeq(test.tokens, " ") {
					want = append(want, "token-"+n)
				}
				if !slices.Equal(a.tokens, want) {
					t.Errorf("asked with %q", a.tokens)
				}
				if waited := time.Since(start); test.wait != 0 && waited != test.wait || (waited > 0) != (retries > 0) {
					t.Errorf("took %v with %d retries", waited, retries)
				}
			})
		})
	}
}

// tokenError is an error of a source of tokens.
type tokenError struct{ temporary bool }

func (e *tokenError) Error() string             { return "run `restail login`" }
func (e *tokenError) Temporary() bool           { return e.temporary }
func (e *tokenError) RetryAfter() time.Duration { return 700 * time.Second }
func (e *tokenError) ExitStatus() int           { return 2 }

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The only token is refused.
		c, a := client(t, answer{status: 401})
		c.o.Token = func(context.Context, string) (string, error) { return "token", nil }
		if _, err := read(t, c, time.Time{}); verdict(err) != "unauthorized 3" || len(a.asked) != 1 {
			t.Errorf("%v after %q", err, a.asked)
		}
		// There is none, and the source knows the status.
		c, a = client(t, answer{})
		c.o.Token = func(context.Context, string) (string, error) { return "", &tokenError{} }
		_, err := read(t, c, time.Time{})
		if verdict(err) != "unauthorized 2" || !strings.HasSuffix(err.Error(), ": run `restail login`") || len(a.asked) != 0 {
			t.Errorf("%v after %q", err, a.asked)
		}
		// There is no other than the refused one.
		c, a = client(t, answer{status: 401})
		c.o.Token = func(_ context.Context, refused string) (string, error) {
			if refused != "" {
				return "", errors.New("there is no other")
			}
			return "token", nil
		}
		_, err = read(t, c, time.Time{})
		if verdict(err) != "unauthorized 3" || !strings.HasSuffix(err.Error(), ": there is no other (https://api.example.com answered 401 Unauthorized)") || len(a.asked) != 1 {
			t.Errorf("%v after %q", err, a.asked)
		}
		// There is none for now.
		start := time.Now()
		c, _ = client(t, answer{})
		c.o.Token = func(context.Context, string) (string, error) { return "", &tokenError{true} }
		if _, err = read(t, c, time.Time{}); verdict(err) != "network 4" || time.Since(start) != 1400*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// The scope that finds broadcasts is another one.
func TestScope(t *testing.T) {
	c, _ := client(t, answer{status: 403})
	if _, _, err := c.InProgress(t.Context()); verdict(err) != "insufficient_scope 3" || !strings.Contains(err.Error(), "scope stream.read") {
		t.Error(err)
	}
}

// A cancelled context ends a request and a wait at once.
func TestCancel(t *testing.T) {
	for _, a := range []answer{{hangs: true}, {status: 503}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			c, _ := client(t, a)
			c.o.Retries = -1
			start := time.Now()
			for _, err := range c.Messages(ctx, broadcast, time.Time{}) {
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Millisecond {
					t.Errorf("%v after %v", err, time.Since(start))
				}
			}
		})
	}
}

func TestGivenUpAtOnce(t *testing.T) {
	c, _ := client(t, answer{status: 503})
	c.o.Retries = 0
	if _, err := read(t, c, time.Time{}); verdict(err) != "server_error 4" || !strings.Contains(err.Error(), "given up after one try: ") {
		t.Error(err)
	}
}

// The API counts as down when the run ends while a token is asked for.
func TestDownWithoutToken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, _ := client(t, page("", "a"))
	c.o.Token = func(ctx context.Context, _ string) (string, error) {
		cancel()
		return "", ctx.Err()
	}
	for _, err := range c.Messages(ctx, broadcast, time.Time{}) {
		if !errors.Is(err, context.Canceled) || c.IsUp() {
			t.Errorf("%v, up: %t", err, c.IsUp())
		}
	}
}
