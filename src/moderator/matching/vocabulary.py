"""Words that tell a password from talk about one.

Kept as text: what is split once at import reads better than a thousand quotes.
"""

# What stands after «password is» in talk about passwords.
_TALK = """
the this that these those your my our his her its their a an any some all same following default
required optional mandatory needed necessary missing empty blank null none nil undefined unset
incorrect wrong invalid valid correct bad right good ok okay fine weak strong simple complex
expired expiring reset changed updated modified rotated revoked leaked exposed compromised stolen
hashed encrypted salted stored saved hidden masked visible shown protected secured secure safe
case-sensitive sensitive confidential private public secret unknown known forgotten lost
faceid touchid fingerprint oauth sso ldap keychain totp encryption
1password lastpass bitwarden keepass keepassxc dashlane
not never no yes true false still now then here there below above and or but if is are was were
be been being will would can could should must may might to too very so as at by for from in on
of with without please only also already about again authentication authorization based manager
policy field input form box prompt hash string str int bool number text bytes object array any
char varchar value type name generator strength length recovery login logon admin-only
sent mailed emailed given provided created generated set setup configured recommended used
required: unchanged different identical matching mismatch accepted rejected denied failed
username user users password passwords passwd pwd pass account email phone token key keys
"""
# Passwords that read like words; among the best-known ones.
_FAMILIAR = """
admin root toor test guest letmein iloveyou qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm
sunshine princess dragon monkey football baseball superman batman trustno welcome abcdef abcd
hunter shadow master ninja passw0rd password woaini wodemima mima admin admin123 administrator
"""
# The pairs of letters that words are made of (English prose; pinyin mostly fits, too).
_PAIRS = """
th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le
sa si ar ve ra ld ur ro ri io ic ne me co ta ec ll ma be us ce li ch om ss la no el ho so wa di
ac ol pe ee ut em pr ct tr mo po il un ad ge wh gh ca fo ot am im ap pl sh id ig ly ke vi ev ow
op ex bl fi pa su mi do go ck up rt ns ai ab ag au av ay bo br bu ci cr cu da du ef ei ep ey ff
fe fr ga gr gu if ir iv ki lo lu mp na ni nu oc od oi oo os ov pi pu qu rd rk rm rn rs ru rv sc
sk sp sw sy tc tu tw ty ub uc ue ui ul um va wi wo wr ye yo ze zi
"""
TALK = frozenset(_TALK.split())
FAMILIAR = frozenset(_FAMILIAR.split())
PAIRS = frozenset(_PAIRS.split())
