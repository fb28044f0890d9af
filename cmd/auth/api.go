package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
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
	// accessLife is how long an access token is valid when the answer does not say.
	accessLife = time.Hour
)

// api is a client of the service's OAuth server. It accepts tokens whatever the
// content type and the rest of the answer are: when a refresh is answered, the old
// tokens are already invalid.
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

// pair has the tokens that a login or a refresh returns.
type pair struct {
	access  string
	refresh string // "" when the old one stays valid
	expires time.Time
	scopes  []string // nil when the answer does not name them
}

// refusal is an answer of the API that is an error.
type refusal struct {
	status int           // of HTTP, or what the body says when that is 2xx
	name   string        // of the error, such as invalid_grant; "" when there is none
	text   string        // the answer in words, without secrets
	after  time.Duration // of Retry-After
}

func (r *refusal) Error() string { return r.text }

// final reports whether the same request would be refused again.
func (r *refusal) final() bool {
	return r.status >= 400 && r.status < 500 && r.status != http.StatusTooManyRequests
}

// grant asks for tokens. Its error is a *refusal or a temporary *Error.
func (a *api) grant(ctx context.Context, app application, form url.Values) (*pair, error) {
	asked := a.now()
	resp, body, err := a.post(ctx, tokenPath, app, form)
	if err != nil {
		return nil, err
	}
	p, err := parseAnswer(body, asked)
	if err != nil {
		if refused := a.refusal(resp, body); refused != nil {
			return nil, refused
		}
		return nil, temporary("the answer of the token endpoint cannot be read: %v", err)
	}
	a.secrets.Add(p.access, p.refresh)
	return p, nil
}

// revoke makes both tokens of a login invalid; the refresh token first, since it is
// valid for longer. A token that is already invalid is not an error.
func (a *api) revoke(ctx context.Context, l *login) (failure error) {
	a.secrets.Add(l.AccessToken, l.RefreshToken)
	for _, token := range []struct{ text, hint string }{{l.RefreshToken, "refresh_token"}, {l.AccessToken, "access_token"}} {
		if token.text == "" {
			continue
		}
		resp, body, err := a.post(ctx, revokePath, l.application(), url.Values{"token": {token.text}, "token_type_hint": {token.hint}})
		if err == nil {
			err = a.refusal(resp, body)
		}
		refused, ok := errors.AsType[*refusal](err)
		switch {
		case err != nil && !ok:
			return err
		case ok && refused.name != "invalid_token" && refused.name != "invalid_grant":
			failure = err
		}
	}
	return failure
}

// post sends a form and returns a 2xx answer and its body.
func (a *api) post(ctx context.Context, path string, app application, form url.Values) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	a.secrets.Add(form.Get("code"), form.Get("code_verifier"), form.Get("refresh_token"), form.Get("token"))
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
	if resp.StatusCode/100 != 2 {
		return nil, nil, a.refusal(resp, body)
	}
	if err != nil && len(body) == 0 {
		return nil, nil, a.unreachable(err)
	}
	return resp, body, nil // a body that was cut off fails to parse
}

// unreachable returns the error for a request that got no response.
func (a *api) unreachable(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return temporary("%s did not answer within %v", a.base, requestTime)
	}
	return temporary("%s", endpoint.Unreachable(a.base, err, a.secrets.Text))
}

// refusal returns the error in an answer, a *refusal, or nil for a 2xx answer that
// names none.
func (a *api) refusal(resp *http.Response, body []byte) error {
	name, message, status := parseError(body)
	r := &refusal{status: resp.StatusCode, name: name, after: endpoint.RetryAfter(resp.Header.Get("Retry-After"), a.now())}
	r.text = strings.TrimSpace(fmt.Sprintf("%s answered %d %s", a.base, r.status, http.StatusText(r.status)))
	switch r.status / 100 {
	case 3:
		r.text += ", a redirect, and those are not followed"
		return r
	case 2:
		if status == 0 {
			return nil
		}
		r.status = status
	}
	if name = a.quote(name); name != "" {
		r.text += " " + name
	}
	if message = a.quote(message); message != "" {
		r.text += " (" + message + ")"
	}
	return r
}

// quote returns a server's text as one short line without secrets.
func (a *api) quote(text string) string { return endpoint.Quote(text, a.secrets.Text) }

// parseObject reads the JSON object at the start of an answer. It ignores a
// byte-order mark before it and anything after it: the old tokens are already
// invalid, so a detail must not lose the new ones.
func parseObject(body []byte) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&object); err != nil || object == nil {
		return nil, errors.New("it is not a JSON object")
	}
	return object, nil
}

// parseAnswer reads the answer of the token endpoint: the standard's fields, or
// their camelCase twins where those are missing. asked is the time of the
// request; expires_in counts from there, so that the token ends early rather
// than late. Its errors quote nothing.
func parseAnswer(body []byte, asked time.Time) (*pair, error) {
	answer, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	access, err := parseToken(stringOf(answer, "access_token", "accessToken"))
	if err != nil {
		return nil, errors.New("it has no access token")
	}
	// Whatever else is wrong with the answer, this is the only valid token now.
	refresh, _ := parseToken(stringOf(answer, "refresh_token", "refreshToken"))
	return &pair{access: access, refresh: refresh, expires: expiryOf(answer, asked), scopes: scopesOf(answer)}, nil
}

// scopesOf returns the granted scopes, nil when the answer does not name them. In a
// string, blanks or commas separate them.
func scopesOf(answer map[string]json.RawMessage) []string {
	for _, key := range []string{"scope", "scopes"} {
		var text *string
		if json.Unmarshal(answer[key], &text) == nil && text != nil {
			return strings.FieldsFunc(*text, func(c rune) bool { return unicode.IsSpace(c) || c == ',' })
		}
		var list []string
		if json.Unmarshal(answer[key], &list) == nil && list != nil {
			return list
		}
	}
	return nil
}

// expiryOf returns when the access token expires. It prefers a duration to a point in
// time, since a duration is right even when this machine's clock is wrong.
func expiryOf(answer map[string]json.RawMessage, asked time.Time) time.Time {
	for _, key := range []string{"expires_in", "accessTokenExpiresIn"} {
		text := strings.Trim(string(answer[key]), `"`)
		if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) <= maxUnix/100 {
			return asked.Add(time.Duration(seconds * float64(time.Second))).UTC()
		}
	}
	for _, key := range []string{"expires", "accessTokenExpiresEpoch", "accessTokenExpiresAt"} {
		if at, ok := parseTime(answer[key]); ok && !at.IsZero() {
			return at.UTC()
		}
	}
	return asked.Add(accessLife).UTC()
}

// parseError finds the error in an answer: the standard's {"error":
// "invalid_grant", "error_description": …}, or the service's {"error": {"name": …,
// "message": …, "statusCode": …}}. status is the HTTP status that fits the error, 0
// when there is none.
func parseError(body []byte) (name, message string, status int) {
	answer, err := parseObject(body)
	if err != nil {
		return "", "", 0
	}
	name, message = stringOf(answer, "error", "name"), stringOf(answer, "error_description", "message")
	named := stringOf(answer, "error") != ""
	if inner := map[string]json.RawMessage(nil); json.Unmarshal(answer["error"], &inner) == nil && inner != nil {
		name, message, named = stringOf(inner, "name"), stringOf(inner, "message"), true
		_ = json.Unmarshal(inner["statusCode"], &status)
	}
	switch {
	case !named:
		status = 0
	case status >= 400:
	case name == "temporarily_unavailable" || name == "server_error":
		status = http.StatusServiceUnavailable
	default:
		status = http.StatusBadRequest
	}
	return name, message, status
}

// stringOf returns the first of the keys that holds a string other than "".
func stringOf(object map[string]json.RawMessage, keys ...string) string {
	for _, key := range keys {
		var text string
		if raw, ok := object[key]; ok && json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// parseTime parses a JSON value that is a time: seconds since 1970 as a number
// or a string, or a string by RFC 3339. null is the zero time.
func parseTime(raw json.RawMessage) (time.Time, bool) {
	if string(raw) == "null" {
		return time.Time{}, true
	}
	text := string(raw)
	if json.Unmarshal(raw, &text) == nil {
		text = strings.TrimSpace(text)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at, true
		}
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || math.Abs(seconds) > maxUnix {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), true
}

// maxUnix is the last second of the year 9999. Milliseconds are beyond it.
const maxUnix = 253402300799
