package scan

// keyword reads null, true or false, whose first byte comes next.
func (s *Scanner) keyword(name string, kind Kind) Value {
	rest := s.data[s.pos:]
	if len(rest) < len(name) || string(rest[:len(name)]) != name {
		s.fail(s.pos, "a word that is not "+name)
		return Value{}
	}
	s.pos += len(name)
	return Value{Kind: kind}
}

// number reads the number whose first byte, a digit or the sign, comes next.
func (s *Scanner) number() Value {
	data, start, i := s.data, s.pos, s.pos
	if data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++
	} else if i = s.digits(i); i < 0 {
		return Value{}
	}
	if i < len(data) && data[i] == '.' {
		if i = s.digits(i + 1); i < 0 {
			return Value{}
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if i = s.digits(i); i < 0 {
			return Value{}
		}
	}
	s.pos = i
	return Value{uint32(start), uint32(i), Number, 0}
}

// digits returns the end of the digits at i. If there are none, it fails and
// returns -1.
func (s *Scanner) digits(i int) int {
	data, start := s.data, i
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	if i > start {
		return i
	}
	s.pos = i
	s.unexpected("where a digit should be")
	return -1
}
