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

// FuzzSplit: words that are quoted in any of the ways come back as they were.
func FuzzSplit(f *testing.F) {
	f.Add("pass", "show restream", `it's "so" \`)
	f.Add("a", "", "\xff")
	f.Add("|", "&&", "~")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if words, err := split(a + " " + b + " " + c); err == nil && (len(words) == 0 || words[0] == "") {
			t.Errorf("no program in %q and no error", words)
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
			t.Errorf("%q, %q, %q came back as %q, %v", a, b, c, words, err)
		}
	})
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		raw  string
		want string // RFC 3339, "" for no time, "zero" for null
	}{
		{`1740152273`, "2025-02-21T15:37:53Z"},
		{`"1740152273"`, "2025-02-21T15:37:53Z"},
		{`1740152273.25`, "2025-02-21T15:37:53.25Z"},
		{`1.740152273e9`, "2025-02-21T15:37:53Z"},
		{`" 2025-02-21T16:37:53.5+01:00 "`, "2025-02-21T15:37:53.5Z"},
		{`null`, "zero"},
		{`0`, "1970-01-01T00:00:00Z"},
		{`1740152273000`, ""}, // milliseconds
		{`"soon"`, ""}, {`true`, ""}, {`{}`, ""}, {`"NaN"`, ""}, {`"Inf"`, ""}, {`""`, ""}, {`"2025-02-21"`, ""},
	}
	for _, tt := range tests {
		at, ok := parseTime(json.RawMessage(tt.raw))
		got := ""
		switch {
		case ok && at.IsZero():
			got = "zero"
		case ok:
			got = at.UTC().Format(time.RFC3339Nano)
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.raw, got, tt.want)
		}
	}
}

// FuzzToken: a token is one graphic word of the text, and errors quote nothing.
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
				t.Errorf("%q is no token: %v", token, err)
			}
		}
		if token, err := parseToken(text); err == nil && !strings.Contains(text, token) {
			t.Errorf("%q is not in %q", token, text)
		}
	})
}

// FuzzAnswer: whatever the token endpoint says, there is an access token or an
// error, and its end is a time that can be stored.
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

func TestExpiry(t *testing.T) {
	t.Parallel()
	asked := time.Unix(1740000000, 0)
	tests := []struct {
		body string
		want int64 // seconds after asked
	}{
		{`{"expires_in":1800,"expires":1}`, 1800},
		{`{"expires_in":"1800"}`, 1800},
		{`{"expires_in":0,"expires":1740000900}`, 0},
		{`{"expires_in":null,"expires":1740000900}`, 900},
		{`{"expires_in":-5}`, -5},
		{`{"accessTokenExpiresIn":60}`, 60},
		{`{"accessTokenExpiresEpoch":1740000900}`, 900},
		{`{"accessTokenExpiresAt":"2025-02-19T21:35:00Z"}`, 900},
		{`{"expires":null}`, 3600},
		{`{}`, 3600},
	}
	for _, tt := range tests {
		var answer map[string]json.RawMessage
		if err := json.Unmarshal([]byte(tt.body), &answer); err != nil {
			t.Fatal(err)
		}
		if got := expiryOf(answer, asked); got.Unix()-asked.Unix() != tt.want {
			t.Errorf("%s: %v after, want %ds", tt.body, got.Sub(asked), tt.want)
		}
	}
}
