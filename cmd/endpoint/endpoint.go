// Package endpoint is where tokens may be sent, and when again: the rules of the
// addresses of the chat and of the API, which hold whatever a name leads to.
package endpoint

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"golang.org/x/net/http/httpproxy"
)

// Check parses the address of an endpoint and checks it before anything is
// sent there. secure is the scheme that may go anywhere; plain, its
// unencrypted twin, is accepted for this machine alone, since tokens travel on
// it: Check(raw, "wss", "ws"), Check(raw, "https", "http"). An error
// says what is allowed and quotes nothing of an address that holds a secret.
func Check(raw, secure, plain string) (*url.URL, error) {
	allowed := fmt.Sprintf("%s://HOST/PATH, or %s:// for localhost, 127.0.0.1 or [::1]", secure, plain)
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read as an address; it must be %s", allowed)
	}
	switch {
	case u.User != nil:
		return nil, errors.New("an address must hold no user name or password")
	case u.Fragment != "":
		return nil, errors.New("an address must have no # part")
	case u.Scheme != secure && u.Scheme != plain:
		return nil, fmt.Errorf("its scheme is not %s; it must be %s", secure, allowed)
	case u.Hostname() == "":
		return nil, fmt.Errorf("it names no host; it must be %s", allowed)
	case u.Scheme == plain && !IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("%s:// is for this machine only, since tokens travel on it unencrypted; it must be %s", plain, allowed)
	}
	return u, nil
}

// IsLoopback tells whether a host is this machine by its name alone: no look-up
// is made.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// ErrElsewhere is for a name such as localhost that leads to another machine.
var ErrElsewhere = errors.New("an unencrypted link to another machine is not allowed, since it carries a token")

// OnlyLoopback is the Control of a [net.Dialer] for what is not encrypted: it
// refuses to connect to another machine. It sees the address that a name led to.
func OnlyLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().IsLoopback() {
		return ErrElsewhere
	}
	return nil
}

// Proxy reads the variables that name proxies. There is none for what is not
// encrypted: it does not leave the machine.
func Proxy(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	either := func(name string) string { return cmp.Or(getenv(name), getenv(strings.ToLower(name))) }
	config := httpproxy.Config{HTTPSProxy: either("HTTPS_PROXY"), NoProxy: either("NO_PROXY")}
	return config.ProxyFunc()
}
