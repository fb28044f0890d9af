package auth

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		command string
		want    []string
		wrong   string // what the error says
	}{
		{`pass show restream`, []string{"pass", "show", "restream"}, ""},
		{"  a\t b\n c ", []string{"a", "b", "c"}, ""},
		{`a 'b c' "d e" f\ g`, []string{"a", "b c", "d e", "f g"}, ""},
		{`a '' ""`, []string{"a", "", ""}, ""},
		{`a'b'"c"\d`, []string{"abcd"}, ""},
		{`a '\' "\\" "\"" "\n" \\ \'`, []string{"a", `\`, `\`, `"`, `\n`, `\`, `'`}, ""},
		{`a "it's" 'say "so"'`, []string{"a", "it's", `say "so"`}, ""},
		{`a $HOME ~ * a|b x>y # & é`, nil, "& needs a shell"},
		{`a $HOME ~ * a|b x>y #c é`, []string{"a", "$HOME", "~", "*", "a|b", "x>y", "#c", "é"}, ""},
		{`sh -c 'a | b'`, []string{"sh", "-c", "a | b"}, ""},
		{`a '|' "&&" \;`, []string{"a", "|", "&&", ";"}, ""},
		{`a | b > c`, nil, "| needs a shell"},
		{`a 2>&1`, nil, "2>&1 needs a shell"},
		{"a \xff", []string{"a", "\xff"}, ""},
		{`a 'b`, nil, "quote ' is not closed"},
		{`a "b\"`, nil, `quote " is not closed`},
		{`a \`, nil, "backslash"},
		{``, nil, "no program"},
		{` `, nil, "no program"},
		{`'' a`, nil, "no program"},
	}
	for _, tt := range tests {
		got, err := split(tt.command)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.wrong == "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("split(%q) = %q, %v; want %q, %q", tt.command, got, err, tt.want, tt.wrong)
		}
	}
}

// FuzzSplit checks that quoted words come back as they were.
func FuzzSplit(f *testing.F) {
	f.Add("pass", "show restream", `it's "so" \`)
	f.Add("a", "", "\xff")
	f.Add("|", "&&", "~")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if words, err := split(a + " " + b + " " + c); err == nil && (len(words) == 0 || words[0] == "") {
			t.Errorf("%q has no program, and there is no error", words)
		}
		if a == "" {
			return
		}
		single := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
		double := func(s string) string {
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
		}
		bare := func(s string) string {
			var out strings.Builder
			for _, c := range []byte(s) {
				out.WriteByte('\\')
				out.WriteByte(c)
			}
			return out.String() + "''"
		}
		words, err := split(single(a) + " " + double(b) + "\t" + bare(c))
		if err != nil || !slices.Equal(words, []string{a, b, c}) {
			t.Errorf("%q, %q, %q: got %q, %v", a, b, c, words, err)
		}
	})
}

// FuzzToken checks that a token is one graphic word of the text, and that errors
// quote nothing.
func FuzzToken(f *testing.F) {
	for _, text := range []string{"a-token\n", "\ufeff token \r\n", "two words", "a\u00a0b", "a\x00b", "\xff", "",
		`{"token":"a","expires_at":1740152273}`, `{"token":"a","expires_at":"2025-02-21T15:37:53Z"}`, `{"token":null}`, ` {"token":" a "} `, "{}", "{"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (string, error){parseToken, func(s string) (string, error) { token, _, err := parseOutput(s); return token, err }} {
			token, err := parse(text)
			if err != nil {
				if token != "" || strings.Contains(text, "MARKED") && strings.Contains(err.Error(), "MARKED") {
					t.Errorf("%q: %q, %v", text, token, err)
				}
				continue
			}
			if token == "" || strings.ContainsFunc(token, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
				t.Errorf("%q gives the token %q", text, token)
			}
			if again, err := parseToken(token); again != token || err != nil {
				t.Errorf("%q is not a token: %v", token, err)
			}
		}
		if token, err := parseToken(text); err == nil && !strings.Contains(text, token) {
			t.Errorf("%q is not in %q", token, text)
		}
	})
}

// FuzzAnswer checks that any answer of the token endpoint gives an access token
// or an error, and that the time at which it expires can be stored.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"access_token":"a","refresh_token":"r","expires_in":3600,"expires":1740152273,"token_type":"Bearer","scope":"chat.read"}`,
		`{"accessToken":"a","refreshToken":"r","accessTokenExpiresIn":3600,"accessTokenExpiresEpoch":1,"accessTokenExpiresAt":"2025-02-21T15:37:53Z"}`,
		`{"access_token":"a","expires_in":"x","expires":"2025-02-21T15:37:53Z"}`,
		`{"access_token":"a","expires_in":-1e308}`,
		`{"error":"invalid_grant","error_description":"no"}`,
		`{"error":{"message":"no","name":"invalid_token","statusCode":401}}`,
		`{"error":7}`, `[]`, ``, `null`, `"MARKED"`,
	} {
		f.Add([]byte(body))
	}
	asked := time.Unix(1740000000, 0)
	f.Fuzz(func(t *testing.T, body []byte) {
		parseError(body)
		p, err := parseAnswer(body, asked)
		if err != nil {
			if p != nil || strings.Contains(err.Error(), "MARKED") {
				t.Errorf("%+v, %v", p, err)
			}
			return
		}
		if token, err := parseToken(p.access); token != p.access || err != nil || p.expires.IsZero() {
			t.Errorf("%+v: %v", p, err)
		}
		if _, err := json.Marshal(new(login).renewed(p)); err != nil {
			t.Errorf("%+v cannot be stored: %v", p, err)
		}
	})
}
