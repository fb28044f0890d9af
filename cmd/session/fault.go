package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd/endpoint"
)

// A fault is why a dial failed or a link ended.
type fault struct {
	reason string
	detail string // see [Link]
	answer string // the service's, when it refused a token
	// closeCode tells that a token was refused by a close frame.
	closeCode bool
	// after is the time that the service asks to wait; 0 when it does not.
	after time.Duration
	// final tells that there is no token to try again with; err may say why.
	final bool
	err   error
}

// tokenCodes are the close codes that may mean a refused token. None is
// documented: the first is WebSocket's own, the others are custom.
var tokenCodes = []websocket.StatusCode{websocket.StatusPolicyViolation, 4001, 4401}

// refusal reads the answer to a handshake that was not an upgrade.
func (l *Live) refusal(resp *http.Response) *fault {
	code := resp.StatusCode
	f := &fault{reason: reasonRefused}
	status := strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
	what := "the service answered " + status
	switch {
	case code == http.StatusSwitchingProtocols:
		return &fault{reason: reasonProtocol, detail: "the service answered the handshake wrongly"}
	case code == http.StatusBadRequest, code == http.StatusUnauthorized, code == http.StatusForbidden:
		f.reason = reasonUnauthorized
		f.answer = status
		if code == http.StatusForbidden {
			f.answer += "; does the token have the scope chat.read? tick that for the application, then log in again"
		}
		what = "the service refused the token: " + f.answer
	case code == http.StatusTooManyRequests:
		f.reason = reasonRateLimited
		f.after = endpoint.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	case code >= 500:
		f.reason = reasonServerError
		f.after = endpoint.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	case code >= 300 && code < 400:
		what += ", a redirect, which is not followed"
	default:
		what += " instead of a WebSocket"
	}
	f.detail = what
	if said := l.body(resp); said != "" {
		f.detail += ": " + said
	}
	return f
}

// body returns the text of a refusal; "" when it is a web page.
func (l *Live) body(resp *http.Response) string {
	if strings.Contains(resp.Header.Get("Content-Type"), "html") {
		return ""
	}
	body, _ := io.ReadAll(resp.Body) // the library has read its beginning
	return endpoint.Quote(string(body), l.o.Redact)
}

// dialFault reads an error of a dial that got no answer.
func (l *Live) dialFault(err error, h *handshake) *fault {
	f := &fault{reason: reasonNetwork}
	where := l.url.Host
	if proxy := l.proxyHost(); proxy != "" {
		where += " through the proxy " + proxy
	}
	broke := errors.Is(err, io.EOF) || errors.As(err, new(syscall.Errno)) || isTimeout(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.detail = fmt.Sprintf("%s did not answer the handshake within %v", where, handshakeTimeout)
		return f
	case h.status >= 300 && h.status < 400: // without an address that can be read
		return &fault{reason: reasonRefused, detail: "the service answered with a redirect, which is not followed"}
	case errors.Is(err, endpoint.ErrElsewhere):
		f.reason = reasonRefused
	case h.tlsFailed.Load() && !broke:
		f.reason = reasonTLS
	case h.answered.Load() && !broke:
		f.reason = reasonProtocol
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // the address has the token
	}
	f.detail = "cannot reach " + where + ": " + endpoint.Quote(err.Error(), l.o.Redact)
	return f
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// linkFault classifies the error that ended reading from a socket. active reports
// whether the socket had received an action.
func (l *Live) linkFault(s *socket, active bool) *fault {
	f := &fault{reason: reasonNetwork}
	err, failure := s.err, s.conn.err
	var closing websocket.CloseError
	switch {
	case errors.As(err, &closing):
		return l.closeFault(closing, active)
	case errors.Is(err, errTooLarge):
		f.reason = reasonTooLarge
		f.detail = fmt.Sprintf("a frame is larger than the limit of %s (--max-frame)", size(l.o.MaxFrame))
	case errors.Is(failure, syscall.ECONNRESET):
		f.detail = "the connection was reset"
	case errors.Is(err, errCut), errors.Is(failure, io.EOF):
		f.detail = errCut.Error()
	case failure != nil:
		f.detail = endpoint.Quote(rootOf(failure).Error(), l.o.Redact)
	case s.upgraded.failure != nil: // in between, where TLS is
		f.reason = reasonTLS
		f.detail = endpoint.Quote(rootOf(s.upgraded.failure).Error(), l.o.Redact)
	default:
		f.reason = reasonProtocol
		f.detail = "the service broke the WebSocket protocol: " + endpoint.Quote(rootOf(err).Error(), l.o.Redact)
	}
	return f
}

// closeFault reads a close frame. Before any action, some codes mean that the
// token was refused.
func (l *Live) closeFault(closing websocket.CloseError, active bool) *fault {
	f := &fault{reason: reasonClosed, detail: "the service closed the link"}
	if !active && slices.Contains(tokenCodes, closing.Code) {
		f = &fault{reason: reasonUnauthorized, detail: "the service refused the token and closed the link",
			answer: fmt.Sprintf("close code %d", closing.Code), closeCode: true}
	}
	if closing.Code != websocket.StatusNoStatusRcvd {
		f.detail += fmt.Sprintf(" (%d)", closing.Code)
	}
	if said := endpoint.Quote(closing.Reason, l.o.Redact); said != "" {
		f.detail += ": " + said
	}
	return f
}

// rootOf returns what an error wraps innermost.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// seconds writes a duration as a timeout is given: 60s, not 1m0s.
func seconds(d time.Duration) string {
	if d < time.Second {
		return d.String()
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// size writes a limit the way a flag takes it: 16MiB.
func size(n int) string {
	for _, unit := range []struct {
		bytes int
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return strconv.Itoa(n/unit.bytes) + unit.name
		}
	}
	return strconv.Itoa(n) + "B"
}
