package session

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/endpoint"
)

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	for _, status := range []int{400, 401, 403} {
		w := &tokenList{tokens: []string{"old", "new"}}
		l, s := run(t, LiveOptions{Tokens: w, Retries: -1}, "a", refuses(status, "expired"), cut(), says("a"))
		l.expect(t, "lost unauthorized", "connected", "lost network", "restored", "a")
		if want := []string{"", "old", ""}; !slices.Equal(w.asked, want) {
			t.Errorf("%d: the refused tokens are %q, want %q", status, w.asked, want)
		}
		if want := []string{"old", "new", "new"}; !slices.Equal(s.tokens, want) {
			t.Errorf("%d: the service was shown %q, want %q", status, s.tokens, want)
		}
	}
}

func TestRefusedForGood(t *testing.T) {
	for name, test := range map[string]struct {
		tokens []string
		err    error
		want   []string
		says   string
	}{
		"the second too": {[]string{"old", "new", "newest"}, nil,
			[]string{"lost unauthorized", "ended unauthorized"}, "the service refused the token: 401 Unauthorized: no"},
		"the same again": {[]string{"old", "old"}, nil,
			[]string{"lost unauthorized", "ended unauthorized"}, "there is no other token (401 Unauthorized)"},
		"no other": {[]string{"old"}, errors.New("log in again"),
			[]string{"lost unauthorized", "ended unauthorized"}, "log in again (401 Unauthorized)"},
		"none at all": {nil, errors.New("log in first"),
			[]string{"ended unauthorized"}, "log in first"},
		"an empty one": {[]string{""}, nil,
			[]string{"ended unauthorized"}, "there is no token"},
	} {
		for _, retries := range []int{-1, 0, 5} {
			l, _ := run(t, LiveOptions{Tokens: &tokenList{tokens: test.tokens, err: test.err}, Retries: retries}, "", refuses(401, "no"))
			l.expect(t, test.want...)
			var unauthorized *UnauthorizedError
			if !errors.As(l.err, &unauthorized) || l.err.Error() != test.says || test.err != nil && !errors.Is(l.err, test.err) {
				t.Errorf("%s, %d retries: the error is %v, want %s", name, retries, l.err, test.says)
			}
		}
	}
}

// The loss is reported before another token is there, which can take long.
func TestARefusalIsReportedBeforeTheNextToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reported := make(chan struct{})
		live, _ := virtual(t, LiveOptions{Tokens: lateTokens{reported}, Retries: -1}, refuses(401, ""), says("a"))
		follow(t.Context(), live, func(l *log, item Item) bool {
			if l.last() == "lost unauthorized" {
				close(reported)
			}
			return l.last() != "a"
		}).expect(t, "lost unauthorized", "connected", "a")
	})
}

// lateTokens has another token only when it is closed.
type lateTokens struct{ there chan struct{} }

func (w lateTokens) Token(_ context.Context, refused string) (string, error) {
	if refused != "" {
		<-w.there
	}
	return refused + "t", nil
}

func TestTemporaryTokenError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &tokenList{err: temporary("the token endpoint answered 503")}
		live, s := virtual(t, LiveOptions{Tokens: w, Retries: -1}, says("a"))
		l := follow(t.Context(), live, func(l *log, item Item) bool {
			if l.last() == "lost token" {
				time.Sleep(10 * time.Minute)
				w.mu.Lock()
				w.tokens = []string{"t"}
				w.mu.Unlock()
			}
			return l.last() != "a"
		})
		l.expect(t, "lost token", "connected", "a")
		if lost := l.links[0]; lost.Detail != "the token endpoint answered 503" || lost.Attempt != 1 || !lost.NeverUp {
			t.Errorf("%+v", lost)
		}
		if n := len(w.asked); n < 10 || n > 60 || len(s.dials) != 1 {
			t.Errorf("asked %d times for a token within ten minutes, and dialled %d times", n, len(s.dials))
		}
	})
}

func TestTemporaryTokenErrorUntilRetriesEnd(t *testing.T) {
	for _, retries := range []int{0, 2} {
		w := &tokenList{err: temporary("no network")}
		l, _ := run(t, LiveOptions{Tokens: w, Retries: retries}, "", nil)
		l.expect(t, "lost token", "ended token")
		var givenUp *GivenUpError
		if !errors.As(l.err, &givenUp) || givenUp.Tries != retries+1 || len(w.asked) != retries+1 {
			t.Errorf("asked %d times, and then %v", len(w.asked), l.err)
		}
	}
}

func TestATokenEndpointThatAsksToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Tokens: &tokenList{err: rateLimited{"429 Too Many Requests"}}, Retries: 2}, nil)
		start := time.Now()
		follow(t.Context(), live, nil).expect(t, "lost token", "ended token")
		if took := time.Since(start); took != 2*17*time.Minute {
			t.Errorf("two retries took %v", took)
		}
	})
}

// rateLimited is an error that says when to try again.
type rateLimited struct{ temporary }

func (rateLimited) RetryAfter() time.Duration { return 17 * time.Minute }

// After our own reconnect the service may still know the old socket: a token
// that is refused is sent once more, and then replaced. Every
// successful handshake allows that again, with an action or without.
func TestA401AfterAReconnectIsRetriedOnce(t *testing.T) {
	for name, test := range map[string]struct {
		handlers []handler
		shown    []string
	}{
		"once":                      {[]handler{cut("a"), refuses(401, "")}, []string{"old", "old", "old"}},
		"twice":                     {[]handler{cut("a"), refuses(401, ""), refuses(401, "")}, []string{"old", "old", "old", "new"}},
		"a grant without an action": {[]handler{cut("a"), refuses(401, ""), cut(), refuses(401, "")}, []string{"old", "old", "old", "old", "old"}},
		"grants without any action": {[]handler{cut(), refuses(401, ""), cut(), refuses(401, ""), cut(), refuses(401, "")},
			[]string{"old", "old", "old", "old", "old", "old", "old"}},
		"a grant after another token": {[]handler{refuses(401, ""), cut(), refuses(401, "")}, []string{"old", "new", "new", "new"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &tokenList{tokens: []string{"old", "new"}, err: errors.New("there is no other")}
			l, s := run(t, LiveOptions{Tokens: w, Retries: -1}, "end", append(test.handlers, says("end"))...)
			if l.err != nil || !slices.Equal(s.tokens, test.shown) {
				t.Fatalf("the service was shown %q, want %q (%v)", s.tokens, test.shown, l.err)
			}
			for n := 2; n < len(s.dials); n++ {
				if wait := s.dials[n].Sub(s.dials[n-1]); name == "once" && wait != 3*sec {
					t.Errorf("the token was sent again after %v", wait)
				}
			}
		})
	}
}

// Before any action some close codes mean a refused token. After one they are a
// close like any other.
func TestCloseCodesOfARefusedToken(t *testing.T) {
	for _, code := range []int{1008, 4001, 4401} {
		for _, first := range [][]string{nil, {"broken frame"}, {"a"}} {
			w := &tokenList{tokens: []string{"old", "new"}}
			l, s := run(t, LiveOptions{Tokens: w, Retries: -1}, "end", closes(code, "expired", first...), says("end"))
			lost, shown := l.link(t, 1), []string{"old", "new"}
			reason := reasonUnauthorized
			if slices.Contains(first, "a") {
				reason, shown = reasonClosed, []string{"old", "old"}
			}
			if lost.Reason != reason || !slices.Equal(s.tokens, shown) || !strings.HasSuffix(lost.Detail, ": expired") {
				t.Errorf("%d after %q: the service was shown %q: %+v", code, first, s.tokens, lost)
			}
		}
	}
}

func TestNoReconnectAfterARefusedTokenIsUnauthorized(t *testing.T) {
	l, s := run(t, LiveOptions{Tokens: &tokenList{tokens: []string{"old", "new"}}}, "", closes(4401, ""))
	l.expect(t, "connected", "lost unauthorized", "ended unauthorized")
	var unauthorized *UnauthorizedError
	if !errors.As(l.err, &unauthorized) || len(s.dials) != 1 {
		t.Errorf("after %d dials: %v", len(s.dials), l.err)
	}
}

const secret = `s3cr3t/+&%"\é-0123456789abcdef`

func TestNoErrorContainsTheToken(t *testing.T) {
	const part = 8 // of it is as good as all
	var secrets redact.Secrets
	secrets.Add(secret)
	for name, act := range map[string]handler{
		"body":         refuses(401, "no such token: "+secret),
		"query":        refuses(403, "no such token: "+url.QueryEscape(secret)),
		"json":         refuses(401, `{"token":"s3cr3t\/+\u0026%\"\\\u00e9-0123456789abcdef"}`),
		"cut off":      refuses(401, strings.Repeat(".", 1024-20)+secret),
		"split":        refuses(401, "no such token: "+secret[:12]+"\r\n"+secret[12:19]+"\x00"+secret[19:]),
		"close reason": closes(4401, secret),
		"other reason": closes(1000, secret),
		"cut reason":   closes(1011, strings.Repeat(".", 123-20)+secret[:20]),
		"server error": refuses(500, secret),
		"garbage":      func(p *peer) { p.read(); p.write([]byte(secret + "\r\n\r\n")) },
		"header":       refuses(101, "", "Connection: "+secret, "Upgrade: "+secret),
		"redirect":     refuses(302, "", "Location: http://localhost/?accessToken="+url.QueryEscape(secret)),
		"bad location": refuses(302, "", "Location: http://[::1/?accessToken="+secret),
		"no service":   nil,
		"frame":        sends([]byte("\xff" + secret)),
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := run(t, LiveOptions{Tokens: fixed(secret), Redact: secrets.Text}, "", act)
			if l.err == nil {
				t.Fatal("there is no error")
			}
			said := []string{l.err.Error()}
			for _, event := range l.links {
				said = append(said, event.Detail)
			}
			for _, text := range said {
				for from := 0; from+part <= len(secret); from++ {
					if piece := secret[from : from+part]; strings.Contains(text, piece) || strings.Contains(text, url.QueryEscape(piece)) {
						t.Errorf("%q has %q", text, piece)
					}
				}
				if strings.Contains(text, "accessToken") || strings.Contains(text, "\n") {
					t.Errorf("it says %q", text)
				}
			}
		})
	}
}

func TestWhatTheServiceSaysIsQuotedOnOneLine(t *testing.T) {
	var secrets redact.Secrets
	secrets.Add("token-1234")
	for _, test := range []struct{ said, want string }{
		{"nothing to hide", ": nothing to hide"},
		{"bad token-1234!", ": bad [redacted]!"},
		{" two\r\n\x1b[31mlines\u2028or\tthree\n", ": two \x1b[31mlines or three"},
		{"token\n-1234", ": [redacted]"},
		{strings.Repeat("é", 100), ": " + strings.Repeat("é", 100)},
		{strings.Repeat("é", 150), ": " + strings.Repeat("é", 100) + "…"},
		{"x" + strings.Repeat("é", 150), ": x" + strings.Repeat("é", 99) + "…"},
		{strings.Repeat("\xff", 300), ": " + strings.Repeat("\xff", endpoint.MaxQuote) + "…"},
		{"", ""},
	} {
		l, _ := run(t, LiveOptions{Redact: secrets.Text}, "", refuses(500, test.said))
		if got := l.link(t, 0).Detail; got != "the service answered 500 Internal Server Error"+test.want {
			t.Errorf("%q is quoted in %q", test.said, got)
		}
	}
}
