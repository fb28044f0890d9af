// Package endpoint has the rules for connections to the service's chat and API:
// which addresses a token may be sent to, through which proxy, how long to wait
// before a retry, and how to quote an answer or an error. It keeps no state.
package endpoint

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/net/http/httpproxy"
)

// Check parses the address of an endpoint and refuses one that tokens must not
// be sent to. Any host may have the scheme secure. Only this machine may have the
// scheme plain, since tokens travel on it unencrypted: Check(raw, "wss", "ws"),
// Check(raw, "https", "http"). The error says what is allowed and never quotes
// the address, which may contain a secret.
func Check(raw, secure, plain string) (*url.URL, error) {
	allowed := fmt.Sprintf("%s://HOST/PATH, or %s:// for localhost, 127.0.0.1 or [::1]", secure, plain)
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("it cannot be parsed as an address; it must be %s", allowed)
	}
	switch {
	case u.User != nil:
		return nil, errors.New("the address must not contain a user name or password")
	case u.Fragment != "":
		return nil, errors.New("the address must not contain a # part")
	case u.Scheme != secure && u.Scheme != plain:
		return nil, fmt.Errorf("its scheme is not %s; it must be %s", secure, allowed)
	case u.Hostname() == "":
		return nil, fmt.Errorf("it names no host; it must be %s", allowed)
	case u.Port() != "" && !isPort(u.Port()):
		return nil, fmt.Errorf("it has no valid port; it must be %s", allowed)
	case u.Scheme == plain && !IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("%s:// is for this machine only, since tokens travel on it unencrypted; it must be %s", plain, allowed)
	}
	return u, nil
}

// IsLoopback reports whether a host names this machine, without a DNS lookup.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// IsLoopbackHost reports whether the Host header of a request names this
// machine, with any port or none. A web page whose own name resolves to this
// machine (DNS rebinding) sends that name.
func IsLoopbackHost(header string) bool {
	u := url.URL{Host: header}
	if _, port, found := strings.Cut(strings.TrimPrefix(header, "["+u.Hostname()+"]"), ":"); found && !isPort(port) {
		return false
	}
	return IsLoopback(u.Hostname())
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// ErrElsewhere is the error when a name such as localhost resolves to another
// machine.
var ErrElsewhere = errors.New("an unencrypted link to another machine is not allowed, since it carries a token")

// OnlyLoopback is the Control of a [net.Dialer] for unencrypted connections: it
// refuses to connect to another machine. It sees the address, not the name.
func OnlyLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().IsLoopback() {
		return ErrElsewhere
	}
	return nil
}

// Transport returns a transport that uses the proxies of the environment. With
// onlyLoopback it connects to this machine only.
func Transport(onlyLoopback bool, getenv func(string) string) *http.Transport {
	dialer := &net.Dialer{}
	if onlyLoopback {
		dialer.Control = OnlyLoopback
	}
	proxy := Proxy(getenv)
	return &http.Transport{
		Proxy:       func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
		DialContext: dialer.DialContext,
	}
}

// Proxy returns the function that chooses the proxy for a URL, by HTTPS_PROXY
// and NO_PROXY. Unencrypted connections have no proxy: they do not leave the
// machine. It ignores a setting that [CheckProxy] refuses, so call that first.
func Proxy(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	_, proxy := variable(getenv, "HTTPS_PROXY")
	_, except := variable(getenv, "NO_PROXY")
	config := httpproxy.Config{HTTPSProxy: proxy, NoProxy: except}
	return config.ProxyFunc()
}

// variable returns the value of an environment variable whose name may be in upper
// or lower case, and the name that is set.
func variable(getenv func(string) string, name string) (set, value string) {
	if value = getenv(name); value != "" {
		return name, value
	}
	lower := strings.ToLower(name)
	return lower, getenv(lower)
}

// ProxyLogin returns the name and the password in the proxy setting, for the
// caller to redact in what a proxy says.
func ProxyLogin(getenv func(string) string) (name, password string) {
	_, value := variable(getenv, "HTTPS_PROXY")
	if u, err := parseProxy(value); err == nil {
		name = u.User.Username()
		password, _ = u.User.Password()
	}
	return name, password
}

// parseProxy reads a proxy setting, which may lack a scheme, as httpproxy does.
func parseProxy(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	return url.Parse(value)
}

// CheckProxy checks the proxy settings in the environment. Its error names the
// variable and quotes nothing of the value, which may hold a password.
func CheckProxy(getenv func(string) string) error {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} {
		if err := checkProxy(variable(getenv, name)); err != nil {
			return err
		}
	}
	return nil
}

func checkProxy(name, value string) error {
	if value == "" {
		return nil
	}
	const want = "set it to HOST:PORT, or to a URL that begins with http://, https://, socks5:// or socks5h://"
	u, err := parseProxy(value)
	if err != nil {
		return fmt.Errorf("invalid proxy in %s: %s", name, want)
	}
	switch {
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		return fmt.Errorf("invalid proxy in %s: unsupported scheme; %s", name, want)
	case u.Hostname() == "":
		return fmt.Errorf("invalid proxy in %s: no host; %s", name, want)
	case u.Port() != "" && !isPort(u.Port()):
		return fmt.Errorf("invalid proxy in %s: the port is not between 0 and 65535", name)
	}
	return nil
}

// Getenv returns a variable of an environment of "NAME=value", "" where it is
// not set. Of duplicates the last counts.
func Getenv(environ []string, name string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(environ[i], "="); key == name {
			return value
		}
	}
	return ""
}

// MaxQuote is how many bytes of an answer are quoted.
const MaxQuote = 200

// Quote prepares text of a server or a library for an error message: redact
// removes the secrets, and the text becomes one short line. Control characters
// stay; the printer of the message escapes them.
func Quote(said string, redact func(string) string) string {
	// Redact first: afterwards a secret may be cut off, or its white space changed.
	said = strings.Join(strings.Fields(redact(said)), " ")
	if len(said) <= MaxQuote {
		return said
	}
	end := MaxQuote
	for end > MaxQuote-utf8.UTFMax && !utf8.RuneStart(said[end]) {
		end--
	}
	return said[:end] + "…"
}

// Cause returns why a connection failed, without what packages net and net/http put
// around it: the URL, which may contain a token, the addresses and the system call. The
// caller's message names the address.
func Cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	for e, ok := errors.AsType[*net.OpError](err); ok; e, ok = errors.AsType[*net.OpError](err) {
		err = e.Err
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		err = errors.New(e.Err)
	}
	return err
}

// Unreachable describes a request to an address that got no complete answer, in one
// short line without secrets: "cannot reach https://api.example: connection refused".
func Unreachable(address string, err error, redact func(string) string) string {
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "proxyconnect" {
		address += " through the proxy"
	}
	return "cannot reach " + address + ": " + Quote(Cause(err).Error(), redact)
}
