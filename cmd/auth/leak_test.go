package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/serve"
)

// Every secret contains the mark, and characters that URLs, JSON and HTML escape.
const (
	mark          = "MARKED"
	markedAccess  = mark + "-access/+=&é"
	markedRefresh = mark + `-refresh"\<>%41`
	markedSecret  = mark + "-secret:;'~!"
	markedCode    = mark + "-code-0123456789"
)

// leaks reports whether a text contains the mark, in any encoding.
func leaks(text string) bool {
	spellings := []string{mark, url.QueryEscape(markedAccess[len(mark):]), url.QueryEscape(markedRefresh[len(mark):])}
	for before := range 3 { // base64 depends on the position
		bits := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + mark))
		spellings = append(spellings, bits[before*2:len(bits)-4+before%2])
	}
	for _, spelling := range spellings {
		if strings.Contains(text, spelling) {
			return true
		}
	}
	return false
}

func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		markedAccess, url.QueryEscape(markedRefresh), fmt.Sprintf("%q", markedSecret),
		base64.StdEncoding.EncodeToString([]byte("id:" + markedSecret)),
		base64.StdEncoding.EncodeToString([]byte("an-id:" + markedSecret)),
		base64.StdEncoding.EncodeToString([]byte("a-client:" + markedSecret)),
	} {
		if !leaks("x " + text + " y") {
			t.Errorf("%q is not found", text)
		}
	}
	if leaks("nothing is here: [redacted]") {
		t.Error("a leak is found where there is none")
	}
}

// echoing answers with everything that it was sent, in several encodings.
func echoing(status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		message := everything(r)
		name, _ := json.Marshal(r.PostFormValue("refresh_token") + r.PostFormValue("code") + r.PostFormValue("token"))
		quoted, _ := json.Marshal(message)
		w.Header().Set("Location", "/elsewhere?accessToken="+url.QueryEscape(message))
		w.Header().Set("Retry-After", message)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"name":%s,"message":%s},"access_token":7}`, name, quoted)
		return true
	}
}

// everything returns all that a request contains.
func everything(r *http.Request) string {
	_ = r.ParseForm()
	id, secret, _ := r.BasicAuth()
	raw, _ := url.QueryUnescape(secret)
	return strings.Join([]string{r.URL.String(), r.Header.Get("Authorization"), id, secret, raw, r.PostForm.Encode(),
		r.PostFormValue("refresh_token"), r.PostFormValue("code"), r.PostFormValue("token"), r.PostFormValue("code_verifier")}, " ")
}

// TestNothingLeaks fails in every way, and searches all output for secrets.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	for name, fail := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFixture(t, serve.OAuthOptions{Echo: true})
			w.Environ = append(w.Environ, clientIDVariable+"=a-client", clientSecretVariable+"="+markedSecret)
			err := fail(t, w)
			w.browsers.Wait()
			if err == nil {
				t.Fatal("it did not fail")
			}
			e := (*Error)(nil)
			if !errors.As(err, &e) {
				t.Errorf("got %T", err)
			}
			for what, text := range map[string]string{"error": err.Error(), "error in full": fmt.Sprintf("%+v %#v", err, err), "stderr and pages": w.stderr(), "warnings": w.warnings()} {
				if leaks(text) {
					t.Errorf("%s: %s", what, text)
				}
			}
		})
	}
}

// TestTokenIsRedacted checks that a token is redacted once it is returned.
func TestTokenIsRedacted(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*fixture){
		"variable": func(w *fixture) { w.Environ = append(w.Environ, accessTokenVariable+"="+markedAccess) },
		"file":     func(w *fixture) { w.TokenFile = tokenFile(t, markedAccess) },
		"stdin":    func(w *fixture) { w.TokenFile, w.Stdin = "-", strings.NewReader(markedAccess) },
		"command": func(w *fixture) {
			w.Environ, w.TokenCommand = append(w.Environ, childEnviron("command")...), testCommand("print "+mark+"-access")
		},
		"store":   func(w *fixture) { w.put(t, w.marked(time.Hour)) },
		"refresh": func(w *fixture) { w.storeLogin(t, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, serve.OAuthOptions{})
			prepare(w)
			token := mustToken(t, w.open(t), "")
			secrets := []string{token}
			if name == "refresh" {
				secrets = append(secrets, w.stored(t).RefreshToken)
			}
			for _, secret := range secrets {
				if got := w.Secrets.Text("of " + secret[1:] + "."); got != "of "+redact.Mark+"." {
					t.Errorf("%s became %s", secret, got)
				}
			}
		})
	}
}

type failure func(t *testing.T, w *fixture) error

func failures() map[string]failure {
	all := map[string]failure{}
	for name, w := range sourceFailures() {
		all["source, "+name] = w
	}
	for name, h := range map[string]func(*fixture){
		"302": answering(302), "307": answering(307), "400": answering(400), "401": answering(401), "403": answering(403), "404": answering(404),
		"429": answering(429), "500": answering(500), "503": answering(503), "200": answering(200),
		"an echoing grant":   func(*fixture) {},
		"broken JSON":        func(w *fixture) { w.intercept(broken) },
		"no network":         func(w *fixture) { w.APIURL = closedAPI },
		"an echoing network": func(w *fixture) { w.HTTP = &http.Client{Transport: roundTrip(echoingNetwork)} },
		"TLS":                echoingTLS,
		"a proxy":            echoingProxy,
	} {
		all["refresh, "+name] = func(t *testing.T, w *fixture) error {
			w.put(t, w.marked(-time.Hour))
			h(w)
			_, err := w.open(t).Token(t.Context(), "")
			return err
		}
		all["paste, "+name] = func(t *testing.T, w *fixture) error {
			h(w)
			return pasting(t, w, LoginOptions{Options: w.Options, RedirectURL: "http://127.0.0.1:8976/"}, func(string) string { return markedCode + "\n" })
		}
		all["browser, "+name] = func(t *testing.T, w *fixture) error {
			o := newLogin(t, w)
			o.Environ = append(o.Environ, clientSecretVariable+"="+markedSecret)
			h(w)
			o.HTTP = w.HTTP
			o.Browse = comesBack(t, w, func(q url.Values) string { return "?state=" + q.Get("state") + "&code=" + markedCode })
			return Login(t.Context(), o)
		}
		if name != "200" && name != "an echoing grant" && name != "broken JSON" { // those revoke
			all["logout, "+name] = func(t *testing.T, w *fixture) error {
				w.put(t, w.marked(time.Hour))
				h(w)
				return Logout(t.Context(), w.Options)
			}
		}
	}
	for name, back := range map[string]string{
		"denied": "", "a wrong state": "?state=x&code=" + markedCode, "an error": "?state=STATE&error=" + markedCode + "&error_description=" + markedCode + "&code=" + markedCode,
		"a broken query": "?code=" + markedCode + ";%zz&state=" + mark,
	} {
		all["callback, "+name] = func(t *testing.T, w *fixture) error {
			o := newLogin(t, w)
			o.Browse = comesBack(t, w,
				func(q url.Values) string { return strings.Replace(back, "STATE", q.Get("state"), 1) },
				func(url.Values) string { return "" }, // a denial, in case the first ended nothing
			)
			return Login(t.Context(), o)
		}
		all["pasted, "+name] = func(t *testing.T, w *fixture) error {
			return pasting(t, w, newLogin(t, w), func(string) string { return "http://127.0.0.1:1/callback" + back + "\n" })
		}
	}
	all["pasted, two words"] = func(t *testing.T, w *fixture) error {
		return pasting(t, w, newLogin(t, w), func(string) string { return markedCode + " " + markedCode + "\n" })
	}
	return all
}

// marked returns a login of marked secrets, which the API does not know.
func (w *fixture) marked(left time.Duration) *login {
	return &login{
		Serial: 1, APIURL: w.APIURL, ClientID: "a-client", ClientSecret: markedSecret,
		AccessToken: markedAccess, RefreshToken: markedRefresh, ExpiresAt: time.Now().Add(left),
	}
}

func answering(status int) func(*fixture) {
	return func(w *fixture) { w.intercept(echoing(status)) }
}

func broken(w http.ResponseWriter, r *http.Request) bool {
	io.WriteString(w, `{"access_token": "`+everything(r))
	return true
}

// echoingNetwork fails with an error that repeats everything.
func echoingNetwork(r *http.Request) (*http.Response, error) {
	said := everything(r)
	return nil, fmt.Errorf("dial %s: %w", said, &net.OpError{Op: "dial", Net: said, Err: errors.New(said)})
}

func echoingTLS(w *fixture) {
	w.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("tls: failed to verify certificate: x509: certificate is valid for %s, not %s", everything(r), r.Host)
	})}
}

func echoingProxy(w *fixture) {
	proxy := &url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("me", mark+"-proxy")}
	w.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxyconnect %s for %s: refused", proxy, everything(r))
	})}
}

// comesBack returns a browser that requests the redirect URL with each query in
// turn. Each is made from the query of the login URL, which has the state. The
// pages that it gets are written to stderr too.
func comesBack(t *testing.T, w *fixture, backs ...func(url.Values) string) func(string) error {
	return func(to string) error {
		u, err := url.Parse(to)
		if err != nil {
			return err
		}
		w.browsers.Go(func() {
			for _, back := range backs {
				r := mustRequest(t, u.Query().Get("redirect_uri")+back(u.Query()))
				r.Header.Set("Sec-Fetch-Mode", "navigate")
				r.Header.Set("Sec-Fetch-Dest", "document")
				resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
				if err != nil {
					return
				}
				_ = resp.Write(w)
				resp.Body.Close()
			}
		})
		return nil
	}
}

// ask opens the source and asks for a token.
func ask(o Options, refused string) error {
	s, err := Open(o)
	if err != nil {
		return err
	}
	_, err = s.Token(context.Background(), refused)
	return err
}

func tokenFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sourceFailures are the failures without a network.
func sourceFailures() map[string]failure {
	return map[string]failure{
		"the variable is two words": func(_ *testing.T, w *fixture) error {
			w.Environ = append(w.Environ, accessTokenVariable+"="+markedAccess+" x")
			return ask(w.Options, "")
		},
		"the variable is refused": func(_ *testing.T, w *fixture) error {
			w.Environ = append(w.Environ, accessTokenVariable+"="+markedAccess)
			return ask(w.Options, markedAccess)
		},
		"the file is two lines": func(t *testing.T, w *fixture) error {
			w.TokenFile = tokenFile(t, markedAccess+"\n"+markedAccess)
			return ask(w.Options, "")
		},
		"the file is refused": func(t *testing.T, w *fixture) error {
			w.TokenFile = tokenFile(t, markedAccess)
			return ask(w.Options, markedAccess)
		},
		"stdin is two words": func(_ *testing.T, w *fixture) error {
			w.TokenFile, w.Stdin = "-", strings.NewReader(markedAccess+" "+markedAccess)
			return ask(w.Options, "")
		},
		"stdin is refused": func(_ *testing.T, w *fixture) error {
			w.TokenFile, w.Stdin = "-", strings.NewReader(markedAccess)
			return ask(w.Options, markedAccess)
		},
		"the command does not exist": func(_ *testing.T, w *fixture) error {
			w.TokenCommand = "/nowhere/at/all --password " + mark
			return ask(w.Options, "")
		},
		"the command is damaged": func(_ *testing.T, w *fixture) error {
			w.TokenCommand = "pass --password '" + mark
			return ask(w.Options, "")
		},
		"the store is damaged": func(t *testing.T, w *fixture) error {
			w.put(t, w.marked(time.Hour))
			return errors.Join(os.WriteFile(w.path(t), []byte(`{"access_token": "`+mark), 0o600), ask(w.Options, ""))
		},
		"the store is of another API": func(t *testing.T, w *fixture) error {
			l := w.marked(-time.Hour)
			l.APIURL = "https://api.example"
			w.put(t, l)
			return ask(w.Options, "")
		},
		"the store cannot be written": func(t *testing.T, w *fixture) error {
			w.put(t, w.marked(-time.Hour))
			return errors.Join(os.MkdirAll(w.path(t)+".new/full", 0o700), ask(w.Options, ""))
		},
	}
}
