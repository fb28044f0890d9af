package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/restail/restail/cmd/auth/redact"
	"github.com/restail/restail/cmd/endpoint"
)

const (
	loginPath  = "/login"
	tokenPath  = "/oauth/token"
	revokePath = "/oauth/revoke"

	// requestTime is how long the API may take to answer.
	requestTime = 15 * time.Second
	// answerLimit is how many bytes of an answer are read.
	answerLimit = 1 << 20
	// quoteLimit is how many characters of an answer are quoted.
	quoteLimit = 200
)

// api is the service's OAuth server. It does not leave the answers to
// golang.org/x/oauth2, which drops one with an unexpected content type or error:
// an answer to a refresh must not be dropped, since the old tokens are invalid.
type api struct {
	base    string // without a slash at the end
	http    *http.Client
	secrets *redact.Secrets
	now     func() time.Time
}

func newAPI(o *Options) *api {
	client := *o.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &api{base: strings.TrimRight(o.APIURL, "/"), http: &client, secrets: o.Secrets, now: o.Now}
}

// application is a registered client of the API.
type application struct{ id, secret string }

// refusal is an answer of the API that is an error.
type refusal struct {
	status int           // of HTTP, or what the answer says instead of a 2xx
	name   string        // of the error, such as invalid_grant; "" when not told
	said   string        // the whole answer in words, fit to be shown
	after  time.Duration // of Retry-After
}

func (r *refusal) Error() string { return r.said }

// final reports whether the same request would be refused again.
func (r *refusal) final() bool {
	return r.status >= 400 && r.status < 500 && r.status != http.StatusTooManyRequests
}

// grant asks for tokens. Its error is a *refusal, or an *Error that is
// temporary.
func (a *api) grant(ctx context.Context, app application, form url.Values) (*pair, error) {
	asked := a.now()
	resp, body, err := a.post(ctx, tokenPath, app, form)
	if err != nil {
		return nil, err
	}
	p, err := parseAnswer(body, asked)
	if err != nil {
		if refused := a.namedError(resp, body); refused != nil {
			return nil, refused
		}
		return nil, temporary("the answer of the token endpoint cannot be read: %v", err)
	}
	a.secrets.Add(p.access, p.refresh)
	return p, nil
}

// revoke makes a token invalid. Its errors are those of grant.
func (a *api) revoke(ctx context.Context, app application, token, hint string) error {
	resp, body, err := a.post(ctx, revokePath, app, url.Values{"token": {token}, "token_type_hint": {hint}})
	if err != nil {
		return err
	}
	return a.namedError(resp, body)
}

// post sends a form and returns a 2xx answer and its body.
func (a *api) post(ctx context.Context, path string, app application, form url.Values) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	for _, name := range []string{"code", "code_verifier", "refresh_token", "token"} {
		a.secrets.Add(form.Get(name))
	}
	a.secrets.AddBasic(app.id, app.secret)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, nil, a.unreachable(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	// Form-encoded before Basic encodes them (RFC 6749, 2.3.1).
	req.SetBasicAuth(url.QueryEscape(app.id), url.QueryEscape(app.secret))
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, nil, a.unreachable(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, nil, a.refused(resp, body)
	}
	if err != nil && len(body) == 0 {
		return nil, nil, a.unreachable(err)
	}
	return resp, body, nil // one that was cut off fails to parse
}

// unreachable says why there is no answer.
func (a *api) unreachable(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return temporary("%s did not answer within %v", a.base, requestTime)
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if e := (*net.OpError)(nil); errors.As(err, &e) && e.Err != nil {
		return temporary("cannot reach %s: %s", a.base, a.quote(e.Err.Error()))
	}
	return temporary("cannot reach %s: %s", a.base, a.quote(err.Error()))
}

// refused says in words what an answer other than 2xx means.
func (a *api) refused(resp *http.Response, body []byte) error {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return &refusal{status: resp.StatusCode, said: a.answered(resp) + ", a redirect, and those are not followed"}
	}
	e, _ := parseError(body)
	return a.refusal(resp, resp.StatusCode, e)
}

// namedError returns the error that the body of a 2xx answer names, nil for none.
func (a *api) namedError(resp *http.Response, body []byte) error {
	e, named := parseError(body)
	switch {
	case !named:
		return nil
	case e.status >= 400:
		return a.refusal(resp, e.status, e)
	case e.name == "temporarily_unavailable" || e.name == "server_error":
		return a.refusal(resp, http.StatusServiceUnavailable, e)
	}
	return a.refusal(resp, http.StatusBadRequest, e)
}

func (a *api) answered(resp *http.Response) string {
	status := strings.TrimSpace(strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode))
	return fmt.Sprintf("%s answered %s", a.base, status)
}

func (a *api) refusal(resp *http.Response, status int, e serverError) *refusal {
	r := &refusal{status: status, name: e.name, said: a.answered(resp), after: endpoint.RetryAfter(resp.Header.Get("Retry-After"), a.now())}
	if name := a.quote(e.name); name != "" {
		r.said += " " + name
	}
	if message := a.quote(e.message); message != "" {
		r.said += fmt.Sprintf(" (%s)", message)
	}
	return r
}

// quote makes text of a server fit to be shown: short, without secrets and
// control characters.
func (a *api) quote(text string) string { return quote(a.secrets, text) }

func quote(secrets *redact.Secrets, text string) string {
	var out strings.Builder
	n := 0
	for _, c := range secrets.Text(text) {
		if n++; n > quoteLimit {
			out.WriteString("…")
			break
		}
		if unicode.IsGraphic(c) && c != unicode.ReplacementChar {
			out.WriteRune(c)
			continue
		}
		escaped := strconv.QuoteRuneToASCII(c)
		out.WriteString(escaped[1 : len(escaped)-1])
	}
	return out.String()
}
