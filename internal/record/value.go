package record

import (
	"strconv"
	"strings"
	"time"
)

// zoned and local are the spellings of moments: with a zone, and in that of the caller. A date alone is its first moment.
var (
	zoned = []string{
		time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00",
	}
	local = []string{
		time.DateOnly, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
		"02.01.2006", "02.01.2006 15:04:05", "02.01.2006 15:04", "01/02/2006", "01/02/2006 03:04:05 pm", "01/02/2006 03:04 pm",
	}
)

// ReadTime reads a moment or a date in one of the forms that clients send; without a zone it is in that of zone. The years 1 to
// 9999 can be stored.
func ReadTime(text string, zone *time.Location) (time.Time, bool) {
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range zoned {
		if t, err := time.Parse(layout, text); err == nil {
			return t, storable(t)
		}
	}
	for _, layout := range local {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, storable(t)
		}
	}
	return time.Time{}, false
}

func storable(t time.Time) bool { return !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 }

// midnight returns the beginning of the day that t shows, in UTC, as dates are kept.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// moneyScale is how many digits behind the point an amount has in the database.
const moneyScale = 4

// maxMoney keeps sums of a million amounts within 64 bits.
const maxMoney = 900_000_000_000

// ReadMoney reads an amount, "12.50", as ten-thousandths. What is behind them is rounded, halves away from zero.
func ReadMoney(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(strings.Replace(digits, ",", ".", 1), ".")
	if whole == "" && fraction == "" || len(whole) > 12 || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	up := len(fraction) > moneyScale && fraction[moneyScale] >= '5'
	n, err := strconv.ParseInt("0"+whole+(fraction + "0000")[:moneyScale], 10, 64)
	if err != nil || n > maxMoney*10_000 {
		return 0, false
	}
	if up {
		n++
	}
	if negative {
		n = -n
	}
	return n, true
}

// AppendMoney writes an amount with digits behind the point, 0 to 4, rounded as ReadMoney does.
func AppendMoney(dst []byte, n int64, digits int) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	unit := int64(10_000)
	for range digits {
		unit /= 10
	}
	n = (n + unit/2) / unit
	scale := 10_000 / unit
	dst = strconv.AppendInt(dst, n/scale, 10)
	if digits == 0 {
		return dst
	}
	fraction := strconv.FormatInt(scale+n%scale, 10)
	return append(append(dst, '.'), fraction[1:]...)
}

// Fold returns what a Match column holds: the text in lower case.
func Fold(text string) string { return strings.ToLower(text) }
