package session

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// CheckURL parses the address of an endpoint and checks it before anything is
// sent there. secure is the scheme that may go anywhere; plain, its
// unencrypted twin, is accepted for this machine alone, since tokens travel on
// it: CheckURL(raw, "wss", "ws"), CheckURL(raw, "https", "http"). An error
// says what is allowed and quotes nothing of an address that holds a secret.
func CheckURL(raw, secure, plain string) (*url.URL, error) {
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
	case u.Scheme == plain && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("%s:// is for this machine only, since tokens travel on it unencrypted; it must be %s", plain, allowed)
	}
	return u, nil
}

// isLoopback tells whether a host is this machine by its name alone: no look-up
// is made.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
