package history

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/restail/restail/cmd/endpoint"
)

const (
	// requestTime is the timeout of a request, with the body of the answer.
	requestTime = 15 * time.Second
	// maxAnswer is the limit of an answer, in bytes.
	maxAnswer = 32 << 20
	// maxRefusal is how much of an error answer is read, in bytes.
	maxRefusal = 64 << 10
)

// request is a request to the API.
type request struct {
	path  string
	query url.Values
	scope string // that it needs
	what  string // the beginning of its errors, such as "cannot read the chat"
}

func (r request) failed(reason, detail string) *Error {
	return &Error{Reason: reason, what: r.what, detail: detail, status: statusFailed}
}

// get makes a request and retries it, until a retry cannot help or all are used up.
// The answer is JSON.
func (c *Client) get(ctx context.Context, r request) ([]byte, error) {
	for tries := 1; ; tries++ {
		body, err := c.ask(ctx, r)
		c.up.Store(err == nil || !err.temporary && ctx.Err() == nil)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
			return body, nil
		case !err.temporary:
			return nil, err
		case c.o.Retries >= 0 && tries > c.o.Retries:
			err.tries, err.status = tries, statusGivenUp
			return nil, err
		}
		wait := err.after
		if wait == 0 {
			wait = endpoint.Backoff(tries, c.o.MaxBackoff)
		}
		if c.o.Retrying != nil {
			c.o.Retrying(err.detail, wait)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// ask makes the request with a token. If the API refuses that token, ask makes the
// request once more with another one.
func (c *Client) ask(ctx context.Context, r request) ([]byte, *Error) {
	token, err := c.o.Token(ctx, "")
	if err != nil {
		return nil, c.tokenError(r, err, nil)
	}
	body, refusal := c.send(ctx, r, token)
	if refusal == nil || refusal.Reason != ReasonUnauthorized {
		return body, refusal
	}
	other, err := c.o.Token(ctx, token)
	switch {
	case err != nil:
		return nil, c.tokenError(r, err, refusal)
	case other == token:
		return nil, refusal
	}
	return c.send(ctx, r, other)
}

// tokenError returns the error for a missing token. refusal is the API's refusal of the
// token before, nil for none.
func (c *Client) tokenError(r request, err error, refusal *Error) *Error {
	e := r.failed(ReasonUnauthorized, endpoint.Quote(err.Error(), c.o.Redact))
	e.status, e.err = statusUnauthorized, err
	if refusal != nil {
		e.detail += " (" + refusal.detail + ")"
	}
	var knows interface{ ExitStatus() int } // such as a store that cannot be trusted
	if errors.As(err, &knows) {
		e.status = knows.ExitStatus()
	}
	var temporary interface{ Temporary() bool }
	if errors.As(err, &temporary) && temporary.Temporary() {
		e.Reason, e.temporary = ReasonNetwork, true
		var after interface{ RetryAfter() time.Duration }
		if errors.As(err, &after) {
			e.after = after.RetryAfter()
		}
	}
	return e
}

// send makes the request once. It puts the token only into a header.
func (c *Client) send(ctx context.Context, r request, token string) ([]byte, *Error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, r.failed(ReasonProtocol, endpoint.Quote(err.Error(), c.o.Redact))
	}
	q.Header.Set("Authorization", "Bearer "+token)
	q.Header.Set("Accept", "application/json")
	q.Header.Set("User-Agent", c.o.UserAgent)
	resp, err := c.http.Do(q)
	if err != nil {
		return nil, c.unreachable(ctx, r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, c.refusal(r, resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	switch {
	case len(body) > maxAnswer:
		return nil, r.failed(ReasonProtocol, c.base+" answered with more than 32 MiB")
	case err != nil:
		return nil, c.unreachable(ctx, r, err)
	case !json.Valid(body):
		return nil, r.failed(ReasonProtocol, c.base+" answered with something that is not JSON")
	}
	return body, nil
}

// unreachable returns the error for a response that did not arrive completely.
func (c *Client) unreachable(ctx context.Context, r request, err error) *Error {
	e := r.failed(ReasonNetwork, "")
	e.temporary = true
	e.detail = endpoint.Unreachable(c.base, err, c.o.Redact)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.detail = fmt.Sprintf("%s did not answer within %v", c.base, requestTime)
	}
	return e
}

// refusal returns the error for a response with a status other than 2xx.
func (c *Client) refusal(r request, resp *http.Response) *Error {
	code := resp.StatusCode
	e := r.failed(ReasonProtocol, c.base+" answered "+strings.TrimSpace(strconv.Itoa(code)+" "+http.StatusText(code)))
	advice := ""
	switch {
	case code == http.StatusUnauthorized:
		e.Reason, e.status = ReasonUnauthorized, statusUnauthorized
	case code == http.StatusForbidden:
		e.Reason, e.status = ReasonScope, statusUnauthorized
		advice = "; does the token have the scope " + r.scope + "? tick that for the application, then log in again"
	case code == http.StatusNotFound:
		e.Reason = ReasonNotFound
	case code == http.StatusTooManyRequests:
		e.Reason, e.temporary = ReasonRateLimited, true
	case code >= 500:
		e.Reason, e.temporary = ReasonServerError, true
	case code >= 300 && code < 400:
		e.detail += ", a redirect, and those are not followed"
	}
	if e.temporary {
		e.after = endpoint.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	if !strings.Contains(resp.Header.Get("Content-Type"), "html") {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		if said := endpoint.Quote(string(body), c.o.Redact); said != "" {
			e.detail += ": " + said
		}
	}
	e.detail += advice
	return e
}

// The reasons of an [Error]. The last three come after the last retry.
const (
	ReasonNoBroadcast  = "no_broadcast"       // there is no broadcast to ask for
	ReasonScope        = "insufficient_scope" // 403
	ReasonUnauthorized = "unauthorized"       // no token, or a refused one
	ReasonNotFound     = "not_found"          // 404
	ReasonProtocol     = "protocol"           // an answer that is not what is documented
	ReasonRateLimited  = "rate_limited"       // 429
	ReasonServerError  = "server_error"       // 5xx
	ReasonNetwork      = "network"            // no answer, or no token for now
)

// The exit statuses of an [Error], by the command line's contract.
const (
	statusFailed       = 1
	statusUnauthorized = 3
	statusGivenUp      = 4
)

// An Error says why the chat history cannot be read. Its text is one line without a
// secret. It may quote the service: escape control characters before you show it.
type Error struct {
	// Reason is one of the reasons above.
	Reason string

	what   string // the beginning of the text
	detail string // the reason in words
	status int
	err    error // why there is no token; nil for another error

	temporary bool          // a retry can help
	after     time.Duration // the wait that the API asks for; 0 for none
	tries     int           // made before the request was given up; 0 if it was not
}

func (e *Error) Error() string {
	switch e.tries {
	case 0:
		return e.what + ": " + e.detail
	case 1:
		return e.what + ": given up after one try: " + e.detail
	}
	return e.what + ": given up after " + strconv.Itoa(e.tries) + " tries: " + e.detail
}

func (e *Error) Unwrap() error { return e.err }

// ExitStatus returns the exit status for the error.
func (e *Error) ExitStatus() int { return e.status }

// NoBroadcast returns the error of an account that has no broadcast.
func NoBroadcast() *Error {
	return &Error{Reason: ReasonNoBroadcast, what: findBroadcast, detail: "the account has none", status: statusFailed}
}
