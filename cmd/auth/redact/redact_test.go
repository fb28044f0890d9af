package redact

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"mime/quotedprintable"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
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
	var mail bytes.Buffer
	quoted := quotedprintable.NewWriter(&mail)
	_, _ = io.WriteString(quoted, strings.Repeat("-", 60)+secret)
	_ = quoted.Close()
	all["mail"] = mail.String()
	all["json of html of query"] = fmt.Sprintf("%q", html.EscapeString(url.QueryEscape(secret)))
	all["html twice"] = html.EscapeString(html.EscapeString(secret))
	all["html without semicolons"] = strings.ReplaceAll(html.EscapeString(secret), ";", "")
	all["go twice"] = fmt.Sprintf("%q", fmt.Sprintf("%+q", secret))
	all["query of base64"] = url.QueryEscape(all["base64"])
	all["lines"] = strings.Join(strings.Split(secret, ""), "\n")
	all["base64 lines"] = strings.Join(strings.SplitAfter(all["base64"], all["base64"][7:9]), "\r\n")
	all["utf-16"] = strings.Join(strings.Split(secret, ""), "\x00")
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
			if again := s.Text(got); again != got {
				t.Errorf("%s of %q: became %s, and then %s", name, secret, got, again)
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
		{"two\r\nlines\x00", "two\r\nlines\x00"},
		{"abcdefgh-long\r\nabcdefgh", "[redacted]\r\n[redacted]"},
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

const long = "abcdefghijklmnopqrstuvwxyz0123456789"

// withoutSecret is what a text becomes where that secret is known.
type withoutSecret struct{ secret, text, want string }

func compareTexts(t *testing.T, tests []withoutSecret) {
	t.Helper()
	for _, test := range tests {
		var s Secrets
		s.Add(test.secret)
		if got := s.Text(test.text); got != test.want {
			t.Errorf("of %q, %q became\n%q, not\n%q", test.secret, test.text, got, test.want)
		}
	}
}

func TestAPieceIsFound(t *testing.T) {
	t.Parallel()
	compareTexts(t, []withoutSecret{
		{long, "mid klmnopqrstuvwxyz end", "mid [redacted] end"},
		{long, "ending in 23456789.", "ending in [redacted]."},
		{long, "ending in 3456789.", "ending in 3456789."},
		{long, "x=bcdefghijklmnopqrstuvwxyz0123456789&y", "x=[redacted]&y"},
		{long, "efghijkl and 12345678, abcdefghijklmnop", "[redacted] and [redacted], [redacted]"},
		{long, "abcdefgh\nijklmnop", "[redacted]"},
		{long, "efgh\r\nijkl\nmn", "[redacted]"},
		{long, "ABCDEFGHIJKL", "ABCDEFGHIJKL"},
		{long, "e%66g\\u0068i&#106;kl mno", "[redacted] mno"},
		{long, "%2565%25%36%36gh\\\\u0069j&amp;#107;l", "[redacted]"},
		{long, base64.StdEncoding.EncodeToString([]byte("of klmnopqrstuvwxyz, this")), "b2Yg[redacted]wgdGhpcw=="},
		{`tok"en/+é`, `n: k\"en\/+\u00e9`, "n: [redacted]"},
		{`tok"en/+é`, `n: k\\\"en%5C/%2b&eacute`, "n: [redacted]"},
		{"a/b", "no a%252Fb!", "no [redacted]!"},
		{"t", "a t b t, tt t-t t_", "a [redacted] b [redacted], tt [redacted]-[redacted] [redacted]_"},
		{"00000000", "\x000000000!", "\x000000000!"},
	})
}

// A word that is one of those in a secret does not give the secret away, but
// two of them, a beginning that was cut off or a secret that is the word may.
func TestOrdinaryWordsStay(t *testing.T) {
	t.Parallel()
	compareTexts(t, []withoutSecret{
		{"restream-chat-1234", "chat.restream.io: restream_channel_error", "chat.restream.io: restream_channel_error"},
		{"my_authorization", "an authorization is authorizational", "an authorization is [redacted]al"},
		{"restream-chat-1234", "restream-chat.io", "[redacted].io"},
		{"restream-chat-1234", "the end of restream…", "the end of [redacted]…"},
		{"restreams-chat-1234", "restream.io", "[redacted].io"},
		{"restream1-chat-1234", "restream.io", "[redacted].io"},
		{"restream-chat-restreams", "restream.io", "[redacted].io"},
		{"restream", "a restream is a restreaming", "a [redacted] is a [redacted]ing"},
		{"x-abcdefghijklmnop", "an abcdefghijklmnop!", "an [redacted]!"},
		{"restre4m-chat", "a restre4m!", "a [redacted]!"},
	})
}

// A secret that repeats itself, and texts that begin it again and again, are no
// reason to wait.
func TestRepetitionIsNoTrap(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "%25", "ab", `\`, "&amp;", "\n"} {
		var s Secrets
		secret := strings.Repeat(unit, 64<<10/len(unit))
		start := time.Now()
		s.Add(secret)
		got := s.Text(secret[:250] + "!")
		if took := time.Since(start); took > 10*time.Second || got != Mark+"!" {
			t.Errorf("%q: after %v it became %.50q", unit, took, got)
		}
	}
}

func TestOldSecretsAreForgottenLast(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Add("the-client-secret", "a-dead-one")
	for i := range limit * 2 {
		s.Add(fmt.Sprintf("token-%06d", i))
		if i%100 == 0 {
			s.Add("the-client-secret") // every refresh names it again
		}
	}
	if got := s.Text("the-client-secret " + fmt.Sprintf("token-%06d", limit*2-1)); got != Mark+" "+Mark {
		t.Errorf("a live secret was forgotten: %s", got)
	}
	if len(s.known) > limit || len(s.index.secrets) > limit {
		t.Errorf("%d secrets are kept", len(s.known))
	}
	if got := s.Text("a-dead-one"); got != "a-dead-one" {
		t.Errorf("a dead secret is not forgotten: %s", got)
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
		if len(secret) >= minPiece && !strings.Contains(Mark, secret) && !strings.Contains(secret, "redacted") {
			for name, spelling := range map[string]string{"plain": secret, "query": url.QueryEscape(secret)} {
				if wrapped := s.Text("a " + spelling + " b"); strings.Contains(wrapped, spelling) {
					t.Errorf("%s spelling of %q survives: %q", name, secret, wrapped)
				}
			}
			for _, text := range []string{text, text + secret[1:], url.QueryEscape(secret[:len(secret)-1]) + text} {
				if piece := survivor(s.Text(text), secret); piece != "" {
					t.Errorf("%q of %q survives in %q: %q", piece, secret, text, s.Text(text))
				}
			}
		}
		if got := s.Text(text); secret == "" && !strings.ContainsAny(text, "=@") && got != text {
			t.Errorf("without a secret %q became %q", text, got)
		}
	})
}

var ordinary = regexp.MustCompile(`(^|[^A-Za-z])[A-Za-z]{8,}($|[^A-Za-z])`)

// survivor returns a piece of the secret that the text still has, "" for none.
func survivor(text, secret string) string {
	if strings.Contains(secret, "\x00") || ordinary.MatchString(secret) {
		return "" // a NUL stands for the mark, and words may stay
	}
	text = strings.ReplaceAll(text, Mark, "\x00")
	for from := 0; from+minPiece <= len(secret); from++ {
		if piece := secret[from : from+minPiece]; strings.Contains(text, piece) {
			return piece
		}
	}
	return ""
}

// A line with nothing to hide is what is written nearly always.
func BenchmarkWriter(b *testing.B) {
	line := []byte("restail: ~ link lost (restream_channel_error: see https://restream.io/?a=1&b=2), retrying in 2.1s\n")
	for _, n := range []int{2, limit} {
		b.Run(fmt.Sprint(n, " secrets"), func(b *testing.B) {
			var s Secrets
			for i := range n {
				s.Add(fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i)})))
			}
			w := s.Writer(io.Discard)
			for b.Loop() {
				_, _ = w.Write(line)
			}
		})
	}
}
