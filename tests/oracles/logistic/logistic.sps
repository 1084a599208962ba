* Third opinion on logistic regression, full models only: PSPP has no backward method.
* Run in this folder, after logistic.R: pspp logistic.sps -o pspp.csv
SET DECIMAL=DOT.
SET FORMAT=F24.14.
GET DATA /TYPE=TXT /FILE='infert.csv' /FIRSTCASE=2 /DELIMITERS=','
  /VARIABLES=case F8 education A10 age F8 parity F8 induced F8 spontaneous F8.
LOGISTIC REGRESSION case WITH age parity induced spontaneous /CRITERIA=BCON(1E-12) ITERATE(50) LCON(0) /PRINT=CI(95).
GET DATA /TYPE=TXT /FILE='birthwt.csv' /FIRSTCASE=2 /DELIMITERS=','
  /VARIABLES=low F8 age F8 lwt F8 race A8 smoke F8 ptl F8 ht F8 ui F8 ftv F8.
LOGISTIC REGRESSION low WITH age lwt smoke ptl ht ui ftv /CRITERIA=BCON(1E-12) ITERATE(50) LCON(0) /PRINT=CI(95).
GET DATA /TYPE=TXT /FILE='cohort.csv' /FIRSTCASE=2 /DELIMITERS=','
  /VARIABLES=cse F8 female F8 age_2006 F8 white_british F8 learning_disability F8 cpr_p1 F8 cin_p1 F8.
LOGISTIC REGRESSION cse WITH female age_2006 white_british learning_disability cpr_p1 cin_p1
  /CRITERIA=BCON(1E-12) ITERATE(50) LCON(0) /PRINT=CI(95).
