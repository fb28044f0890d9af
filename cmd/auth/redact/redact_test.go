package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
)

// marked has a character for every way of escaping.
const marked = `tok"en/+=%41\&<é>-7f3a9c`

func spellings(secret string) map[string]string {
	lower := strings.ToLower
	escaped, _ := json.Marshal(secret)
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(secret)
	all := map[string]string{
		"plain":       secret,
		"query":       url.QueryEscape(secret),
		"path":        url.PathEscape(secret),
		"twice":       url.QueryEscape(url.QueryEscape(secret)),
		"json":        string(escaped),
		"plain json":  plain.String(),
		"go":          fmt.Sprintf("%q", secret),
		"go ascii":    fmt.Sprintf("%+q", secret),
		"html":        html.EscapeString(secret),
		"base64":      base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 url":  base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"basic":       base64.StdEncoding.EncodeToString([]byte("a-client:" + secret)),
		"basic query": base64.StdEncoding.EncodeToString([]byte("a-client:" + url.QueryEscape(secret))),
		"in base64":   base64.StdEncoding.EncodeToString([]byte("xy" + secret + "more")),
	}
	all["query, small digits"] = strings.NewReplacer("%2F", "%2f", "%2B", "%2b", "%3D", "%3d", "%5C", "%5c", "%3C", "%3c", "%3E", "%3e", "%C3%A9", lower("%C3%A9")).Replace(all["query"])
	return all
}

func TestEverySpellingIsFound(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{marked, "0b5e1f7a9d3c", `\\\\\\\\`, "%%%%%%%%"} {
		var s Secrets
		s.AddBasic("a-client", secret)
		for name, spelling := range spellings(secret) {
			text := "server said: " + spelling + " (end)"
			got := s.Text(text)
			if strings.Contains(got, spelling) {
				t.Errorf("%s of %q: still there: %s", name, secret, got)
			}
			if !strings.HasPrefix(got, "server said: ") || !strings.HasSuffix(got, " (end)") || !strings.Contains(got, Mark) {
				t.Errorf("%s of %q: became %s", name, secret, got)
			}
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Add("", "abcdefgh-long", "abcdefgh", "x1")
	tests := []struct{ text, want string }{
		{"", ""},
		{"nothing here", "nothing here"},
		{"abcdefgh-long abcdefgh abcdefghij", "[redacted] [redacted] [redacted]ij"},
		{"x1 ax1 x1b (x1) x1", "[redacted] ax1 x1b ([redacted]) [redacted]"},
		{"%61bcdefgh \\u0061bcdefgh \\x61bcdefgh &#97;bcdefgh", "[redacted] [redacted] [redacted] [redacted]"},
		{"cut: abcdefgh-l", "cut: [redacted]"},
		{"cut: abcdef… and abcd%65fg... and abcde…", "cut: [redacted]… and [redacted]... and abcde…"},
		{"at the end: abcdefg", "at the end: [redacted]"},
		{"not cut: abcdefg, abcdefg.", "not cut: abcdefg, abcdefg."},
		{"proxy http://me:word@proxy:3128/ down", "proxy http://[redacted]@proxy:3128/ down"},
		{`Get "https://h/ws?accessToken=zzz&a=b": EOF`, `Get "https://h/ws?accessToken=[redacted]&a=b": EOF`},
		{"http://h/callback?state=s&code=unknown#x", "http://h/callback?state=s&code=[redacted]#x"},
		{"status code=400", "status code=400"},
		{"50% off \\ & %zz \\u12 \\x2 &nosuch;", "50% off \\ & %zz \\u12 \\x2 &nosuch;"},
		{"ends in %", "ends in %"},
		{"ends in \\", "ends in \\"},
	}
	for _, tt := range tests {
		if got := s.Text(tt.text); got != tt.want {
			t.Errorf("Text(%q)\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

func TestOldSecretsAreForgottenLast(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Add("the-client-secret")
	for i := range limit * 2 {
		s.Add(fmt.Sprintf("token-%06d", i))
		if i%100 == 0 {
			s.Add("the-client-secret") // every refresh names it again
		}
	}
	if got := s.Text("the-client-secret " + fmt.Sprintf("token-%06d", limit*2-1)); got != Mark+" "+Mark {
		t.Errorf("a live secret was forgotten: %s", got)
	}
	if len(s.known) > limit {
		t.Errorf("%d secrets are kept", len(s.known))
	}
}

func TestWriter(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Add("0b5e1f7a9d3c", "x", "secret")
	var out bytes.Buffer
	line := []byte("x: a secret was refused: 0b5e1f7a9d3c\n")
	if n, err := s.Writer(&out).Write(line); n != len(line) || err != nil {
		t.Errorf("Write: %d, %v", n, err)
	}
	if got, want := out.String(), "x: a secret was refused: [redacted]\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	if n, err := s.Writer(broken{}).Write(line); n != 0 || !errors.Is(err, errBroken) {
		t.Errorf("a broken writer: %d, %v", n, err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func FuzzText(f *testing.F) {
	for _, spelling := range spellings(marked) {
		f.Add(spelling, marked)
	}
	f.Add("%2525", "%25")
	f.Add(`\\`, `\`)
	f.Add("&amp;", "&")
	f.Fuzz(func(t *testing.T, text, secret string) {
		if len(secret) > 100 || len(text) > 2000 {
			return // longer ones take longer and show nothing new
		}
		var s Secrets
		s.AddBasic("id", secret)
		got := s.Text(text)
		if len(secret) >= short && !strings.Contains(Mark, secret) && !strings.Contains(secret, "redacted") {
			for name, spelling := range map[string]string{"plain": secret, "query": url.QueryEscape(secret)} {
				if wrapped := s.Text("a " + spelling + " b"); strings.Contains(wrapped, spelling) {
					t.Errorf("%s spelling of %q survives: %q", name, secret, wrapped)
				}
			}
			// A NUL stands for the mark, and so no secret can have one here.
			if !strings.Contains(secret, "\x00") && strings.Contains(strings.ReplaceAll(got, Mark, "\x00"), secret) {
				t.Errorf("%q survives in %q", secret, got)
			}
		}
		if secret == "" && !strings.ContainsAny(text, "=@") && got != text {
			t.Errorf("without a secret %q became %q", text, got)
		}
	})
}
