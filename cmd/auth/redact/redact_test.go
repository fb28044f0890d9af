package redact

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// marked has a character for every kind of escape.
const marked = `tok"en/+=%41\&<é>-7f3a9c`

// encodings returns the usual encodings of a secret.
func encodings(secret string) map[string]string {
	encodeJSON := func(text string, escapeHTML bool) string {
		var out strings.Builder
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(escapeHTML)
		_ = encoder.Encode(text)
		return strings.TrimSpace(out.String())
	}
	query := url.QueryEscape(secret)
	lowerDigits := regexp.MustCompile("%..").ReplaceAllStringFunc(query, strings.ToLower)
	std := base64.StdEncoding.EncodeToString
	return map[string]string{
		"plain":              secret,
		"query":              query,
		"query, lower case":  lowerDigits,
		"path":               url.PathEscape(secret),
		"query twice":        url.QueryEscape(query),
		"JSON":               encodeJSON(secret, true),
		"JSON without HTML":  encodeJSON(secret, false),
		"JSON of PHP":        strings.ReplaceAll(fmt.Sprintf("%+q", secret), "/", `\/`),
		"JSON of query":      encodeJSON(query, true),
		"JSON of HTML":       encodeJSON(html.EscapeString(secret), true),
		"Go":                 fmt.Sprintf("%q", secret),
		"Go, ASCII":          fmt.Sprintf("%+q", secret),
		"Go twice":           fmt.Sprintf("%q", fmt.Sprintf("%q", secret)),
		"HTML":               html.EscapeString(secret),
		"HTML twice":         html.EscapeString(html.EscapeString(secret)),
		"base64":             std([]byte(secret)),
		"base64 for URLs":    base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"Basic":              std([]byte("a-client:" + secret)),
		"Basic of query":     std([]byte("a-client:" + query)),
		"query of Basic":     url.QueryEscape(std([]byte("a-client:" + secret))),
		"query of base64":    url.QueryEscape(std([]byte(secret))),
		"split into lines":   strings.Join(strings.Split(secret, ""), "\r\n"),
		"hexadecimal":        hex.EncodeToString([]byte(secret)),
		"hexadecimal, upper": fmt.Sprintf("%X", secret),
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{marked, "0b5e1f7a9d3c", `\\\\\\\\`, "%%%%%%%%"} {
		var s Secrets
		s.AddBasic("a-client", secret)
		for name, encoded := range encodings(secret) {
			got := s.Text("server said: " + encoded + " (end)")
			if strings.Contains(got, encoded) {
				t.Errorf("%s of %q: still there: %s", name, secret, got)
			}
			if again := s.Text(got); again != got {
				t.Errorf("%s of %q: became %s, and then %s", name, secret, got, again)
			}
			rest := strings.Trim(strings.NewReplacer("server said: ", "", " (end)", "", Mark, "").Replace(got), `"=\`)
			if !strings.HasPrefix(got, "server said: ") || !strings.HasSuffix(got, " (end)") || len(rest) > 2 {
				t.Errorf("%s of %q: became %s", name, secret, got)
			}
		}
	}
}

// TestBase64InsideText checks every position that a secret can have in base64.
func TestBase64InsideText(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Add(long)
	for before := range 6 {
		text := strings.Repeat("x", before) + long + "more"
		got := s.Text(base64.StdEncoding.EncodeToString([]byte(text)))
		if kept := strings.ReplaceAll(got, Mark, ""); len(kept) > 16 || !strings.Contains(got, Mark) {
			t.Errorf("%d bytes before it: %s", before, got)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Add("", "abcdefgh-long", "abcdefgh", "x1", "a/b")
	tests := []struct{ text, want string }{
		{"", ""},
		{"nothing here", "nothing here"},
		{"abcdefgh-long abcdefgh abcdefghij", "[redacted] [redacted] [redacted]ij"},
		{"x1 ax1 x1b (x1) x1", "[redacted] ax1 x1b ([redacted]) [redacted]"},
		{"0x1 9x1 ax1 zx1 Ax1 Zx1 éx1 x10 x19 x1a x1z x1A x1Z x1é", "0x1 9x1 ax1 zx1 Ax1 Zx1 éx1 x10 x19 x1a x1z x1A x1Z x1é"},
		{"a/b, a%2Fb and a%252Fb but not ca/b", "[redacted], [redacted] and [redacted] but not ca/b"},
		{"cut off: abcdefgh-l", "cut off: [redacted]"},
		{"in capitals: ABCDEFGH-LONG", "in capitals: [redacted]"},
		{`\nabcdefgh 100%abcdefgh \\abcdefgh`, `\n[redacted] 100%[redacted] \\[redacted]`},
		{"x1\nand more", "[redacted]\nand more"},
		{"too short: abcdefg", "too short: abcdefg"},
		{"two\r\nlines\x00", "two\r\nlines\x00"},
		{"abcdefgh-long\r\nabcdefgh", "[redacted]\r\n[redacted]"},
		{"proxy http://me:word@proxy:3128/ down", "proxy http://[redacted]@proxy:3128/ down"},
		{`Get "https://h/ws?accessToken=zzz&a=b": EOF`, `Get "https://h/ws?accessToken=[redacted]&a=b": EOF`},
		{"http://h/callback?state=s&code=unknown#x", "http://h/callback?state=s&code=[redacted]#x"},
		{"status code=400", "status code=400"},
		{"not UTF-8: \xff abcdefgh \xff", "not UTF-8: \xff [redacted] \xff"},
	}
	for _, tt := range tests {
		if got := s.Text(tt.text); got != tt.want {
			t.Errorf("Text(%q)\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
	s.Add("added later")
	if got := s.Text("added later, abcdefgh"); got != "[redacted], [redacted]" {
		t.Errorf("after another secret: %q", got)
	}
}

const long = "abcdefghijklmnopqrstuvwxyz0123456789"

func TestPiecesAndWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ secret, text, want string }{
		{long, "mid klmnopqrstuvwxyz end", "mid [redacted] end"},
		{long, "ending in 23456789.", "ending in [redacted]."},
		{long, "ending in 3456789.", "ending in 3456789."},
		{long, "x=bcdefghijklmnopqrstuvwxyz0123456789&y", "x=[redacted]&y"},
		{long, "efghijkl and 12345678, abcdefghijklmnop", "[redacted] and [redacted], [redacted]"},
		{`tok"en/+é`, `n: k\"en\/+\u00e9`, "n: [redacted]"},
		{"t", "a t b t, tt t-t t_", "a [redacted] b [redacted], tt [redacted]-[redacted] [redacted]_"},

		// One word of several does not give the secret away.
		{"restream-chat-1234", "chat.restream.io: restream_channel_error", "chat.restream.io: restream_channel_error"},
		{"restream-chat-1234", "restream-chat.io", "[redacted].io"},
		{"restreams-chat-1234", "restream.io", "[redacted].io"},
		{"restream1-chat-1234", "restream.io", "[redacted].io"},
		{"organizer-chat-1234", "organizer.io", "organizer.io"},
		{"restream", "a restream is a restreaming", "a [redacted] is a [redacted]ing"},
		{"x-abcdefghijklmnop", "an abcdefghijklmnop!", "an [redacted]!"},
		{"restre4m-chat", "a restre4m!", "a [redacted]!"},
	} {
		var s Secrets
		s.Add(test.secret)
		if got := s.Text(test.text); got != test.want {
			t.Errorf("of %q, %q became\n%q, not\n%q", test.secret, test.text, got, test.want)
		}
	}
}

// TestLongSecretsTakeNoLongTime has secrets as long as a token can be, which
// repeat themselves.
func TestLongSecretsTakeNoLongTime(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "%25", "ab", `\`, "&amp;"} {
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

func TestOldestSecretsAreForgotten(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Add("the-client-secret", "the-oldest-one")
	for i := range limit * 2 {
		s.Add(fmt.Sprintf("token-%06d", i))
		if i%100 == 0 {
			s.Add("the-client-secret") // every refresh names it again
		}
	}
	if got := s.Text("the-client-secret " + fmt.Sprintf("token-%06d", limit*2-1)); got != Mark+" "+Mark {
		t.Errorf("a recent secret was forgotten: %s", got)
	}
	if got := s.Text("the-oldest-one"); got != "the-oldest-one" {
		t.Errorf("the oldest secret is kept: %s", got)
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

// FuzzText checks that no piece of a secret is left in any text.
func FuzzText(f *testing.F) {
	for _, encoded := range encodings(marked) {
		f.Add(encoded, marked)
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
		if len(secret) >= pieceSize && !strings.ContainsFunc(secret, unicode.IsControl) && !strings.Contains(Mark, secret) && !strings.Contains(secret, "redacted") {
			for _, encoded := range []string{secret, url.QueryEscape(secret), strconv.Quote(secret)} {
				if got := s.Text("a " + encoded + " b"); strings.Contains(got, encoded) {
					t.Errorf("%q of %q survives: %q", encoded, secret, got)
				}
			}
			for _, text := range []string{text, text + secret[1:], secret[:len(secret)-1] + text} {
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
	for from := 0; from+pieceSize <= len(secret); from++ {
		if piece := secret[from : from+pieceSize]; strings.Contains(text, piece) {
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
