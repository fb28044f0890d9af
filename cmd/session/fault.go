package session

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"github.com/restail/restail/cmd/endpoint"
)

// A fault is the reason for which the link is down: no token could be had, a dial failed,
// the socket ended, or restail closed it.
type fault struct {
	reason string
	detail string // see [LinkEvent]
	answer string // the service's answer when it refused the token, else ""
	// byClose reports whether a close frame refused the token, after the handshake.
	byClose    bool
	retryAfter time.Duration // how long the service asks to wait; 0 when it does not
	noToken    error         // why there will be no token for another attempt; nil when there may be one
}

// handshakeFault returns the fault for a response to the handshake that is not an
// upgrade.
func (l *Live) handshakeFault(answer *http.Response) *fault {
	code := answer.StatusCode
	status := strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
	f := &fault{reason: reasonRefused, detail: "the service answered " + status}
	switch {
	case code == http.StatusSwitchingProtocols:
		return &fault{reason: reasonProtocol, detail: "the service answered the handshake wrongly"}
	case code == http.StatusBadRequest, code == http.StatusUnauthorized, code == http.StatusForbidden:
		f.reason, f.answer = reasonUnauthorized, status
		if code == http.StatusForbidden {
			f.answer += "; does the token have the scope chat.read? tick that for the application, then log in again"
		}
		f.detail = "the service refused the token: " + f.answer
	case code == http.StatusTooManyRequests:
		f.reason = reasonRateLimited
	case code >= 500:
		f.reason = reasonServerError
	case code >= 300 && code < 400:
		f.detail += ", a redirect, which is not followed"
	default:
		f.detail += " instead of a WebSocket"
	}
	if f.reason == reasonRateLimited || f.reason == reasonServerError {
		f.retryAfter = endpoint.RetryAfter(answer.Header.Get("Retry-After"), time.Now())
	}
	body, _ := io.ReadAll(answer.Body) // only the beginning, which the library has kept
	if said := endpoint.Quote(string(body), l.o.Redact); said != "" && !strings.Contains(answer.Header.Get("Content-Type"), "html") {
		f.detail += ": " + said
	}
	return f
}

// tokenCodes are the close codes that may mean a refused token. None is
// documented: 1008 is WebSocket's own, the others are custom.
var tokenCodes = []websocket.StatusCode{websocket.StatusPolicyViolation, 4001, 4401}

// socketFault returns the fault for the error that ended reading from the socket.
func (l *link) socketFault(s *socket, err error) *fault {
	f := &fault{reason: reasonNetwork}
	closing, isClosing := errors.AsType[websocket.CloseError](err)
	switch failure := s.conn.err; {
	case isClosing:
		return l.closeFault(closing)
	case errors.Is(err, errTooLarge):
		f.reason = reasonTooLarge
		f.detail = fmt.Sprintf("a frame is larger than the limit of %s (--max-frame)", formatSize(l.o.MaxFrame))
	case errors.Is(failure, syscall.ECONNRESET):
		f.detail = "the connection was reset"
	case errors.Is(err, errCut), errors.Is(failure, io.EOF):
		f.detail = errCut.Error()
	case failure != nil:
		f.detail = l.quote(failure)
	case s.wire.readErr != nil: // not in TCP, but below the wire: in TLS
		f.reason, f.detail = reasonTLS, l.quote(s.wire.readErr)
	default:
		f.reason, f.detail = reasonProtocol, "the service broke the WebSocket protocol: "+l.quote(err)
	}
	return f
}

// closeFault returns the fault for a close frame. Before any action, some codes mean
// that the token was refused.
func (l *link) closeFault(closing websocket.CloseError) *fault {
	f := &fault{reason: reasonClosed, detail: "the service closed the link"}
	if !l.active && slices.Contains(tokenCodes, closing.Code) {
		f = &fault{reason: reasonUnauthorized, detail: "the service refused the token and closed the link",
			answer: fmt.Sprintf("close code %d", closing.Code), byClose: true}
	}
	if closing.Code != websocket.StatusNoStatusRcvd {
		f.detail += fmt.Sprintf(" (%d)", closing.Code)
	}
	if said := endpoint.Quote(closing.Reason, l.o.Redact); said != "" {
		f.detail += ": " + said
	}
	return f
}

// quote returns the text of the innermost error that err wraps, without secrets.
func (l *link) quote(err error) string {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return endpoint.Quote(err.Error(), l.o.Redact)
}

// formatSize writes a number of bytes as a flag takes it: 16MiB.
func formatSize(bytes int) string {
	units := strings.Fields("B KiB MiB GiB")
	for ; len(units) > 1 && bytes > 0 && bytes%1024 == 0; units = units[1:] {
		bytes /= 1024
	}
	return fmt.Sprintf("%d%s", bytes, units[0])
}

// formatSeconds writes a timeout: 60s, not 1m0s.
func formatSeconds(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return d.String()
}
