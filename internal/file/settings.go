package file

import "github.com/portico-hq/portico/internal/fault"

func (l Limits) check() error {
	switch {
	case l.MaxMB < 1 || l.MaxMB > MaxFileMB:
		return fault.Newf(fault.Invalid, "INVALID_LIMIT", "Enter 1 to %d megabytes.", MaxFileMB).At("max_mb")
	case l.QuotaMB < 0 || l.QuotaMB > MaxQuotaMB:
		return fault.Newf(fault.Invalid, "INVALID_LIMIT", "Enter up to %d megabytes, or 0 for no limit.", MaxQuotaMB).At("quota_mb")
	}
	return nil
}
