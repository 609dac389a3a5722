package phpform

import (
	"math"
	"strconv"
	"strings"
)

// phpPrecision is the number of digits that PHP prints of a float (the ini setting precision).
const phpPrecision = 14

// phpNumber prints a JSON number as PHP does: a whole number that fits in 64 bits as it is, all else as a float.
func phpNumber(text string) string {
	if text == "-0" {
		return "0" // PHP reads it as an integer
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return text
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range is ±Inf, as in PHP
	return phpFloat(f)
}

// phpFloat prints a float as PHP casts it to a string: 14 digits at most, "1.0E+14" from there on and "1.0E-5" below
// 0.0001.
func phpFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	case math.IsNaN(f):
		return "NAN"
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', phpPrecision-1, 64), "e")
	exp, _ := strconv.Atoi(exponent)
	if exp >= -4 && exp < phpPrecision {
		return trimFraction(strconv.FormatFloat(f, 'f', phpPrecision-1-exp, 64))
	}
	mantissa = trimFraction(mantissa)
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + "E" + exponent[:1] + strconv.Itoa(max(exp, -exp))
}

func trimFraction(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// scanNumber returns the end of the JSON number that starts at i of s, and whether there is one.
func scanNumber(s string, i int) (int, bool) {
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i >= len(s) || s[i] < '0' || s[i] > '9':
		return i, false
	case s[i] == '0':
		i++
	default:
		i = skipDigits(s, i)
	}
	if i < len(s) && s[i] == '.' {
		end := skipDigits(s, i+1)
		if end == i+1 {
			return end, false
		}
		i = end
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		end := skipDigits(s, i)
		if end == i {
			return end, false
		}
		i = end
	}
	return i, true
}

func skipDigits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}
