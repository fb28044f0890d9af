package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
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
	answer string // that refused a token
	// after is the time that the service asks to wait; 0 when it does not.
	after time.Duration
	// heard tells that the link had received something.
	heard bool
	// final tells that trying again is of no use; err may say why.
	final bool
	err   error
}

// closeCodes are the close codes that may mean a refused token. None is
// documented: the first is WebSocket's own, the others are custom.
var closeCodes = []websocket.StatusCode{websocket.StatusPolicyViolation, 4001, 4401}

// refusal reads the answer to a handshake that was no consent.
func (l *Live) refusal(resp *http.Response) *fault {
	code := resp.StatusCode
	f := &fault{reason: refused}
	what := fmt.Sprintf("the service answered %d %s", code, http.StatusText(code))
	switch {
	case code == http.StatusSwitchingProtocols:
		return &fault{reason: violation, detail: "the service answered the handshake wrongly"}
	case code == http.StatusBadRequest, code == http.StatusUnauthorized, code == http.StatusForbidden:
		f.reason = unauthorized
		f.answer = fmt.Sprintf("%d %s", code, http.StatusText(code))
		what = "the service refused the token: " + f.answer
	case code == http.StatusTooManyRequests:
		f.reason = rateLimited
		f.after = endpoint.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	case code >= 500:
		f.reason = serverError
		f.after = endpoint.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	case code >= 300 && code < 400:
		what += ", a redirect, which is not followed"
	default:
		what += ", which is no WebSocket"
	}
	f.detail = strings.TrimSpace(what)
	if said := l.words(resp); said != "" {
		f.detail += ": " + said
	}
	return f
}

// words returns what a refusal says, if that is fit to be shown.
func (l *Live) words(resp *http.Response) string {
	if strings.Contains(resp.Header.Get("Content-Type"), "html") {
		return ""
	}
	body, _ := io.ReadAll(resp.Body) // the library has read its beginning
	return l.o.quote(string(body))
}

// dialFault reads an error of a dial that got no answer.
func (l *Live) dialFault(err error) *fault {
	f := &fault{reason: network}
	host := l.url.Host
	root := rootOf(err).Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.detail = fmt.Sprintf("%s did not answer the handshake within %v", host, handshakeTimeout)
		return f
	case strings.HasPrefix(root, "tls: "), strings.HasPrefix(root, "x509: "), errors.Is(err, http.ErrSchemeMismatch):
		f.reason = encryption
	case errors.Is(err, endpoint.ErrElsewhere):
		f.reason = refused
	case strings.Contains(err.Error(), "Location header"): // that cannot be read
		return &fault{reason: refused, detail: "the service answered with a redirect, which is not followed"}
	case strings.HasPrefix(root, "malformed "):
		f.reason = violation
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // the address has the token
	}
	f.detail = "cannot reach " + host + ": " + l.o.quote(err.Error())
	return f
}

// linkFault reads the error that ended a link.
func (s *socket) linkFault(err error) *fault {
	f := &fault{reason: network}
	var closing websocket.CloseError
	var broken *net.OpError
	failure := s.wire.failure()
	switch {
	case errors.As(err, &closing):
		return s.closeFault(closing)
	case errors.Is(err, websocket.ErrMessageTooBig):
		f.reason = tooLarge
		f.detail = fmt.Sprintf("a frame is larger than the limit of %s (--max-frame)", size(s.maxFrame))
	case errors.Is(failure, os.ErrDeadlineExceeded):
		f.reason = silent
		f.detail = "nothing received for " + seconds(s.silence)
	case errors.Is(err, context.DeadlineExceeded): // the library's own, for a pong
		f.detail = "the service did not take the answer to its ping"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		f.detail = "the connection was cut without a close frame"
	case errors.Is(failure, syscall.ECONNRESET):
		f.detail = "the connection was reset"
	case errors.As(failure, &broken):
		f.detail = s.quote(broken.Err.Error())
	case failure != nil:
		f.detail = s.quote(failure.Error())
	case strings.Contains(err.Error(), "tls: "):
		f.reason = encryption
		f.detail = s.quote(rootOf(err).Error())
	default:
		f.reason = violation
		f.detail = "the service broke the WebSocket protocol: " + s.quote(rootOf(err).Error())
	}
	return f
}

// closeFault reads a close frame.
func (s *socket) closeFault(closing websocket.CloseError) *fault {
	f := &fault{reason: closed, detail: "the service closed the link"}
	for _, code := range closeCodes {
		if closing.Code == code {
			f = &fault{reason: unauthorized, detail: "the service refused the token and closed the link",
				answer: fmt.Sprintf("close code %d", closing.Code)}
		}
	}
	if closing.Code != websocket.StatusNoStatusRcvd {
		f.detail += fmt.Sprintf(" (%d)", closing.Code)
	}
	if said := s.quote(closing.Reason); said != "" {
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
