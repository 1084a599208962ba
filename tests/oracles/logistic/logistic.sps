* Third opinion on logistic regression, full models only: PSPP has no backward method.
* Run in this folder, after logistic.R: pspp logistic.sps -o pspp.csv
SET DECIMAL=DOT.
SET FORMAT=F24.14.
GET DATA /TYPE=TXT /FILE='infert.csv' /FIRSTCASE=2 /DELIMITERS=',' /QUALIFIER='"'
  /VARIABLES=case F8 education A10 age F8 parity F8 induced F8 spontaneous F8.
LOGISTIC REGRESSION case WITH age parity induced spontaneous
  /CRITERIA=BCON(0.000000000001) ITERATE(50) LCON(0) /PRINT=CI(95).
GET DATA /TYPE=TXT /FILE='birthwt.csv' /FIRSTCASE=2 /DELIMITERS=',' /QUALIFIER='"'
  /VARIABLES=low F8 age F8 lwt F8 race A8 smoke F8 ptl F8 ht F8 ui F8 ftv F8.
LOGISTIC REGRESSION low WITH age lwt smoke ptl ht ui ftv
  /CRITERIA=BCON(0.000000000001) ITERATE(50) LCON(0) /PRINT=CI(95).
