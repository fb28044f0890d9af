package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/restail/restail/cmd/auth/redact"
)

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	for _, status := range []int{400, 401, 403} {
		synctest.Test(t, func(t *testing.T) {
			w := &wallet{tokens: []string{"old", "new"}}
			live, s := virtual(t, LiveOptions{Tokens: w, Retries: -1}, refuses(status, "expired"), cut(), says("a"))
			l := follow(t.Context(), live, until("a", 1))
			l.expect(t, "lost unauthorized", "connected", "lost network", "restored", "a")
			s.playing.Wait()
			if want := []string{"", "old", ""}; !slices.Equal(w.asked, want) {
				t.Errorf("%d: the refused tokens that were told are %q, not %q", status, w.asked, want)
			}
			if want := []string{"old", "new", "new"}; !slices.Equal(s.tokens, want) {
				t.Errorf("%d: the service was shown %q, not %q", status, s.tokens, want)
			}
		})
	}
}

func TestRefusedForGood(t *testing.T) {
	for name, test := range map[string]struct {
		wallet *wallet
		want   []string
		says   string
	}{
		"the second too": {&wallet{tokens: []string{"old", "new", "newest"}},
			[]string{"lost unauthorized", "ended unauthorized"}, "the service refused the token: 401 Unauthorized: no"},
		"the same again": {&wallet{tokens: []string{"old", "old"}},
			[]string{"lost unauthorized", "ended unauthorized"}, "there is no other token (401 Unauthorized)"},
		"no other": {&wallet{tokens: []string{"old"}, err: errors.New("log in again")},
			[]string{"lost unauthorized", "ended unauthorized"}, "log in again (401 Unauthorized)"},
		"none at all": {&wallet{err: errors.New("log in first")},
			[]string{"ended unauthorized"}, "log in first"},
		"an empty one": {&wallet{tokens: []string{""}},
			[]string{"ended unauthorized"}, "there is no token"},
	} {
		for _, retries := range []int{-1, 0, 5} {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Tokens: test.wallet.copy(), Retries: retries}, refuses(401, "no"))
				l := follow(t.Context(), live, nil)
				l.expect(t, test.want...)
				var unauthorized *UnauthorizedError
				if !errors.As(l.err, &unauthorized) || l.err.Error() != test.says {
					t.Errorf("%s, %d retries: the error is %v, not %s", name, retries, l.err, test.says)
				}
				if test.wallet.err != nil && !errors.Is(l.err, test.wallet.err) {
					t.Errorf("%s: %v does not wrap the reason", name, l.err)
				}
			})
		}
	}
}

func (w *wallet) copy() *wallet { return &wallet{tokens: w.tokens, err: w.err} }

func TestATokenThatCannotBeHadForNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wallet{err: notYet("the token endpoint answered 503")}
		live, s := virtual(t, LiveOptions{Tokens: w, Retries: -1}, says("a"))
		l := follow(t.Context(), live, func(l *log, item Item) bool {
			if item.Link != nil && item.Link.Status == Lost {
				time.Sleep(10 * time.Minute)
				w.mu.Lock()
				w.tokens = []string{"t"}
				w.mu.Unlock()
			}
			return until("a", 1)(l, item)
		})
		l.expect(t, "lost token", "connected", "a")
		if l.links[0].Detail != "the token endpoint answered 503" || l.links[0].Attempt != 1 {
			t.Errorf("%+v", l.links[0])
		}
		if n := len(w.asked); n < 10 || n > 60 || len(s.dials) != 1 {
			t.Errorf("asked %d times for a token within ten minutes, and dialled %d times", n, len(s.dials))
		}
	})
}

// It is an outage like any other, be it the first try or the only one.
func TestATokenThatCannotBeHadWithoutReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{Tokens: &wallet{err: notYet("no network")}}, nil)
		l := follow(t.Context(), live, nil)
		l.expect(t, "lost token", "ended token")
		if l.links[0].Attempt != 1 {
			t.Errorf("%+v", l.links[0])
		}
	})
}

func TestATokenEndpointThatAsksForPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wallet{err: patient{"429 Too Many Requests"}}
		live, _ := virtual(t, LiveOptions{Tokens: w, Retries: 2}, nil)
		start := time.Now()
		follow(t.Context(), live, nil).expect(t, "lost token", "ended token")
		if took := time.Since(start); took != 2*patience {
			t.Errorf("two retries took %v", took)
		}
	})
}

// patient is an error that says when to try again.
type patient struct{ notYet }

const patience = 17 * time.Minute

func (patient) RetryAfter() time.Duration { return patience }

func TestATokenThatNeverComesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wallet{err: notYet("no network")}
		live, _ := virtual(t, LiveOptions{Tokens: w, Retries: 2}, nil)
		l := follow(t.Context(), live, nil)
		l.expect(t, "lost token", "ended token")
		var givenUp *GivenUpError
		if !errors.As(l.err, &givenUp) || len(w.asked) != 3 {
			t.Errorf("after %d questions: %v", len(w.asked), l.err)
		}
		if want := "the link was given up after 3 tries: no network"; l.err.Error() != want {
			t.Errorf("it says %q, not %q", l.err, want)
		}
	})
}

func TestASecondChanceAfterOurOwnReconnect(t *testing.T) {
	for name, refusal := range map[string]script{
		"handshake": refuses(401, ""), "close code": closes(4001, ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wallet{tokens: []string{"t"}, err: errors.New("there is no other")}
				live, s := virtual(t, LiveOptions{Tokens: w, Retries: -1}, cut("a"), refusal, says("b"))
				l := follow(t.Context(), live, until("b", 1))
				if last := l.lines[len(l.lines)-2:]; !slices.Equal(last, []string{"restored", "b"}) {
					t.Errorf("the consumer saw %q", l.lines)
				}
				if wait := s.dials[2].Sub(s.dials[1]); wait != secondChance {
					t.Errorf("the token was shown again after %v, not %v", wait, secondChance)
				}
				if want := []string{"", "", ""}; !slices.Equal(w.asked, want) {
					t.Errorf("the token was believed to be refused: %q", w.asked)
				}
			})
		})
	}
}

func TestTheSecondChanceIsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wallet{tokens: []string{"old", "new"}}
		live, s := virtual(t, LiveOptions{Tokens: w, Retries: -1}, cut("a"), refuses(401, ""), refuses(401, ""), says("b"))
		l := follow(t.Context(), live, until("b", 1))
		l.expect(t, "connected", "a", "lost network", "restored", "b")
		s.playing.Wait()
		if want := []string{"old", "old", "old", "new"}; !slices.Equal(s.tokens, want) {
			t.Errorf("the service was shown %q, not %q", s.tokens, want)
		}
		if l.links[2].Attempt != 3 {
			t.Errorf("restored with the %d. try", l.links[2].Attempt)
		}
	})
}

func TestCloseCodesOfARefusedToken(t *testing.T) {
	for _, code := range []int{1008, 4001, 4401} {
		synctest.Test(t, func(t *testing.T) {
			w := &wallet{tokens: []string{"old", "new"}}
			live, s := virtual(t, LiveOptions{Tokens: w, Retries: -1}, closes(code, "expired", "a"), says("b"))
			l := follow(t.Context(), live, until("b", 1))
			l.expect(t, "connected", "a", "lost unauthorized", "restored", "b")
			s.playing.Wait()
			if want := []string{"old", "new"}; !slices.Equal(s.tokens, want) {
				t.Errorf("%d: the service was shown %q, not %q", code, s.tokens, want)
			}
			if !strings.HasSuffix(l.links[1].Detail, ": expired") {
				t.Errorf("%d: it says %q", code, l.links[1].Detail)
			}
		})
	}
}

func TestNoReconnectAfterARefusedTokenIsNotAuthorized(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wallet{tokens: []string{"old", "new"}}
		live, s := virtual(t, LiveOptions{Tokens: w}, closes(4401, "", "a"))
		l := follow(t.Context(), live, nil)
		l.expect(t, "connected", "a", "lost unauthorized", "ended unauthorized")
		var unauthorized *UnauthorizedError
		if !errors.As(l.err, &unauthorized) || len(s.dials) != 1 {
			t.Errorf("after %d dials: %v", len(s.dials), l.err)
		}
	})
}

func TestAServiceThatRefusesEveryTokenAfterAWhileIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, s := virtual(t, LiveOptions{Tokens: &endless{}, Retries: -1}, closes(4401, "", "a"))
		start := time.Now()
		follow(t.Context(), live, until("a", 100))
		if took := time.Since(start); took < 30*time.Second {
			t.Errorf("%d dials within %v", len(s.dials), took)
		}
	})
}

// endless has always another token.
type endless struct{ n int }

func (e *endless) Token(context.Context, string) (string, error) {
	e.n++
	return fmt.Sprint("token number ", e.n), nil
}

const secret = `s3cr3t/+&%"\é-0123456789abcdef`

func TestTheTokenNeverComesBack(t *testing.T) {
	const part = 8 // of it is as good as all
	var secrets redact.Secrets
	secrets.Add(secret)
	for name, act := range map[string]script{
		"body":          refuses(401, "no such token: "+secret),
		"query":         refuses(403, "no such token: "+url.QueryEscape(secret)),
		"path":          refuses(403, "no such token: "+url.PathEscape(secret)),
		"twice":         refuses(400, "no such token: "+url.QueryEscape(url.QueryEscape(secret))),
		"json":          refuses(401, `{"token":"s3cr3t\/+\u0026%\"\\\u00e9-0123456789abcdef"}`),
		"html":          refuses(401, "s3cr3t&#47;+&amp;%&quot;\\é-0123456789abcdef"),
		"cut off":       refuses(401, strings.Repeat(".", 1024-20)+secret),
		"part":          refuses(401, "token ending in 89abcdef"),
		"base64":        refuses(401, "no such token: "+base64.StdEncoding.EncodeToString([]byte("Bearer "+secret))),
		"split":         refuses(401, "no such token: "+secret[:12]+"\r\n"+secret[12:19]+"\x00"+secret[19:]),
		"close reason":  closes(4401, secret),
		"other reason":  closes(1000, secret),
		"cut reason":    closes(1011, strings.Repeat(".", 123-20)+secret[:20]),
		"trouble":       refuses(500, secret),
		"garbage":       func(p *peer) { p.read(); p.write([]byte(secret + "\r\n\r\n")) },
		"header":        refuses(101, "", "Connection: "+secret, "Upgrade: "+secret),
		"redirect":      refuses(302, "", "Location: http://localhost/?accessToken="+url.QueryEscape(secret)),
		"bad location":  refuses(302, "", "Location: http://[::1/?accessToken="+secret),
		"no service":    nil,
		"frame garbage": func(p *peer) { p.accept(); p.write([]byte("\xff" + secret)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live, _ := virtual(t, LiveOptions{Tokens: fixed(secret), Redact: secrets.Text}, act)
				l := follow(t.Context(), live, nil)
				if l.err == nil {
					t.Fatal("there is no error")
				}
				said := []string{l.err.Error()}
				for _, news := range l.links {
					said = append(said, news.Detail)
				}
				for _, text := range said {
					for from := 0; from+part <= len(secret); from++ {
						if piece := secret[from : from+part]; strings.Contains(text, piece) || strings.Contains(text, url.QueryEscape(piece)) {
							t.Errorf("%q has %q", text, piece)
						}
					}
					for skip := range 3 { // the three places that base64 can find it in
						if digits := base64.RawStdEncoding.EncodeToString([]byte(secret[skip : skip+12])); strings.Contains(text, digits) {
							t.Errorf("%q has %q", text, digits)
						}
					}
					if strings.Contains(text, "accessToken") || strings.Contains(text, "\n") {
						t.Errorf("it says %q", text)
					}
				}
			})
		})
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	var secrets redact.Secrets
	secrets.Add("token-1234")
	for _, test := range []struct{ said, want string }{
		{"nothing to hide", "nothing to hide"},
		{"bad token-1234!", "bad [redacted]!"},
		{" two\r\n\x1b[31mlines\u2028or\tthree\n", "two \x1b[31mlines or three"},
		{"token\n-1234", "[redacted]"},
		{strings.Repeat("é", 100), strings.Repeat("é", 100)},
		{strings.Repeat("é", 150), strings.Repeat("é", 100) + "…"},
		{"x" + strings.Repeat("é", 150), "x" + strings.Repeat("é", 99) + "…"},
		{strings.Repeat("é", 98) + "token-1234", strings.Repeat("é", 98) + "[red…"},
		{strings.Repeat("\xff", 300), strings.Repeat("\xff", maxQuote) + "…"},
		{strings.Repeat("\x80", 300), strings.Repeat("\x80", maxQuote-utf8.UTFMax) + "…"},
		{"", ""},
	} {
		o := LiveOptions{Redact: secrets.Text}
		if got := o.quote(test.said); got != test.want {
			t.Errorf("quote(%q) is %q, not %q", test.said, got, test.want)
		}
	}
}

func TestWithoutARedactorAllIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, _ := virtual(t, LiveOptions{}, refuses(500, "what\na day"))
		l := follow(t.Context(), live, nil)
		if got := l.link(t, 0).Detail; !strings.HasSuffix(got, ": what a day") {
			t.Errorf("it says %q", got)
		}
	})
}

func FuzzQuote(f *testing.F) {
	f.Add("no such token: "+url.QueryEscape(secret), secret)
	f.Add(`\u0073%2573&amp;amp;`, "s")
	f.Add("\x00000000", "00000000")
	f.Add("0\n0\xff00\xff\u20280000", "00000000")
	f.Fuzz(func(t *testing.T, text, token string) {
		if len(token) < 8 || len(token) > 100 || strings.Contains(redact.Mark, token) || len(strings.Fields("x"+token+"x")) > 1 {
			return // no token has white space
		}
		var secrets redact.Secrets
		secrets.Add(token)
		o := LiveOptions{Redact: secrets.Text}
		for _, s := range []string{text, text + token, url.QueryEscape(token) + text} {
			if got := o.quote(s); strings.Contains(got, token) || strings.ContainsAny(got, "\n\r\u2028") || len(got) > maxQuote+len("…") {
				t.Errorf("quote(%q) of %q is %q", s, token, got)
			}
		}
	})
}
